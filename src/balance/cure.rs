//! What brings a member back from an error.

/// What brings a member back from an error, beside an administrator and a request that finds no other member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Cure {
    /// Nothing but `recover_time`: Tomcat answers, and what it answers is wrong or late. A probe would prove nothing.
    #[default]
    Time = 0,
    /// An answered probe, or `recover_time`: Tomcat could not be reached, or it broke off.
    Pong = 1,
}

impl Cure {
    /// From its number in shared memory; `Time` for a number that none has.
    pub const fn from_code(code: u32) -> Self {
        match code {
            1 => Self::Pong,
            _ => Self::Time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cure_is_found_by_its_number() {
        for cure in [Cure::Time, Cure::Pong] {
            assert_eq!(Cure::from_code(cure as u32), cure);
        }
        assert_eq!(Cure::from_code(7), Cure::Time);
    }
}
