//! The request body on its way from the client to a backend.
//!
//! Its first part is kept, so that another try can send it again; the rest passes through.

use super::client::{BodyPart, Client, ClientError};

/// A request body of which the first part may have been read already.
#[derive(Debug)]
pub(super) struct Upload<'k> {
    kept: &'k mut Vec<u8>,
    /// How much of `kept` this attempt has sent.
    sent: usize,
}

impl<'k> Upload<'k> {
    /// A new attempt: everything kept is to be sent again.
    pub(super) fn again(kept: &'k mut Vec<u8>) -> Self {
        Self { kept, sent: 0 }
    }

    /// The first `want` bytes, or fewer if the body ends before; they are kept.
    pub(super) fn first(&mut self, client: &mut dyn Client, want: usize) -> Result<&[u8], ClientError> {
        while self.kept.len() < want {
            let missing = want - self.kept.len();
            let part = client.body(missing)?;
            part.slices.iter().for_each(|slice| self.kept.extend_from_slice(slice));
            if part.len < missing {
                break;
            }
        }
        self.sent = want.min(self.kept.len());
        Ok(self.kept.get(..self.sent).unwrap_or_default())
    }

    /// The next `want` bytes or fewer, handed to `send`. Fewer: the body ends, or what was kept ends here. Returns
    /// how many there were.
    pub(super) fn next<E: From<ClientError>>(
        &mut self,
        client: &mut dyn Client,
        want: usize,
        send: impl FnOnce(&BodyPart<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let rest = self.kept.get(self.sent..).unwrap_or_default();
        if rest.is_empty() {
            let part = client.body(want)?;
            send(&part)?;
            return Ok(part.len);
        }
        let rest = rest.get(..want).unwrap_or(rest);
        send(&BodyPart { slices: &[std::io::IoSlice::new(rest)], len: rest.len() })?;
        let len = rest.len();
        self.sent += len;
        Ok(len)
    }
}
