//! Arguments of the form `name=value`.

use crate::Fatal;
use std::str::FromStr;

/// The arguments of one command.
pub struct Arguments<'a>(pub &'a [String]);

impl<'a> Arguments<'a> {
    /// The text of an argument, if it was given.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find_map(|argument| argument.strip_prefix(name)?.strip_prefix('='))
    }

    /// A number, or what it is when it was not given.
    pub fn number<T: FromStr>(&self, name: &str, otherwise: T) -> Result<T, Fatal> {
        match self.text(name) {
            None => Ok(otherwise),
            Some(text) => text.parse().map_err(|_| format!("{name}={text}: a number, please").into()),
        }
    }
}
