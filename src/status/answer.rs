//! An answer before it has a form: everything that a format may need.

use super::command::{Asked, Command, Mime};
use super::plan::Scope;
use super::refusal::Refusal;
use super::report::Report;
use super::token::Token;
use crate::config::worker_spec::StatusSpec;

/// What is answered to one request.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The status worker that answers.
    pub spec: &'a StatusSpec,
    /// What it was asked.
    pub asked: &'a Asked,
    /// The path of the request, decoded and without parameters; links of a page lead there.
    pub path: &'a [u8],
    /// For the forms of a page.
    pub token: &'a Token,
    /// How it went.
    pub result: Result<Content<'a>, &'a Refusal>,
}

/// What a command led to, if it was obeyed.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// This part of the world is to be shown; for `edit`, as a form.
    Shown {
        /// Which part the report is about.
        scope: &'a Scope,
        /// The values.
        report: &'a Report,
    },
    /// The change was made.
    Done,
}

impl Answer<'_> {
    /// The command, if there was one. It may have failed later.
    pub fn command(&self) -> Option<&Command> {
        self.asked.command.as_ref().ok()
    }

    /// The status of the HTTP answer. mod_jk says 200 whatever happens, and scripts look into its formats for what
    /// did; but a browser that was led here from elsewhere, whoever is not let in, and the readers of the new formats
    /// are told in HTTP's own words.
    pub fn http_status(&self) -> u16 {
        let Err(refusal) = self.result else { return 200 };
        match (refusal, self.asked.mime) {
            (Refusal::Foreign | Refusal::Denied, _) => 403,
            (_, Mime::Html | Mime::Xml | Mime::Text | Mime::Properties) => 200,
            (Refusal::ReadOnly, Mime::Json | Mime::Metrics) => 403,
            (
                Refusal::UnknownWorker | Refusal::UnknownMember | Refusal::NoMembers,
                Mime::Json | Mime::Metrics,
            ) => 404,
            (_, Mime::Json | Mime::Metrics) => 400,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::tests::sample;

    #[test]
    fn scripts_get_200_and_everybody_else_is_told() {
        for (refusal, mime, status) in [
            (None, Mime::Html, 200),
            (None, Mime::Json, 200),
            (Some(Refusal::Foreign), Mime::Html, 403),
            (Some(Refusal::Foreign), Mime::Text, 403),
            (Some(Refusal::Denied), Mime::Html, 403),
            (Some(Refusal::Denied), Mime::Xml, 403),
            (Some(Refusal::Denied), Mime::Metrics, 403),
            (Some(Refusal::UnknownWorker), Mime::Html, 200),
            (Some(Refusal::UnknownWorker), Mime::Properties, 200),
            (Some(Refusal::UnknownWorker), Mime::Json, 404),
            (Some(Refusal::UpdateFailed), Mime::Text, 200),
            (Some(Refusal::UpdateFailed), Mime::Json, 400),
        ] {
            let asked = Asked { mime, command: Err(Refusal::UnknownCommand), read_only: false };
            let answer = Answer {
                spec: &sample::spec(),
                asked: &asked,
                path: b"/st",
                token: &Token::new([0; Token::BYTES]),
                result: refusal.as_ref().map_or(Ok(Content::Done), Err),
            };
            assert_eq!(answer.http_status(), status, "{refusal:?} {mime:?}");
        }
    }
}
