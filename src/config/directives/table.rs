//! All directives, by what they are about. Each entry says what httpd is told, what the directive does, and what the
//! reference page says of it.

mod indicators;
mod log;
mod request;
mod rules;
mod workers;

use super::{Apply, Directive, Inherited, Repeated, Scope, Takes};

/// Directives about one thing.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations)] // functions have none
pub struct Group {
    /// The heading of the reference page.
    pub title: &'static str,
    /// The directives.
    pub directives: &'static [Directive],
}

/// All groups, in the order of the reference page.
pub const GROUPS: &[Group] = &[
    Group { title: "Workers", directives: workers::ALL },
    Group { title: "Rules: which requests go to a worker", directives: rules::ALL },
    Group { title: "Logs", directives: log::ALL },
    Group { title: "What Tomcat is told", directives: request::ALL },
    Group { title: "Names of variables", directives: indicators::ALL },
];

/// All directives.
pub const TABLE: &[Directive] = &joined::<{ count() }>();

#[allow(clippy::indexing_slicing)] // evaluated by the compiler
const fn count() -> usize {
    let (mut sum, mut group) = (0, 0);
    while group < GROUPS.len() {
        sum += GROUPS[group].directives.len();
        group += 1;
    }
    sum
}

#[allow(clippy::indexing_slicing)] // evaluated by the compiler
const fn joined<const COUNT: usize>() -> [Directive; COUNT] {
    let mut all = [GROUPS[0].directives[0]; COUNT];
    let (mut at, mut group) = (0, 0);
    while group < GROUPS.len() {
        let mut i = 0;
        while i < GROUPS[group].directives.len() {
            all[at] = GROUPS[group].directives[i];
            (at, i) = (at + 1, i + 1);
        }
        group += 1;
    }
    all
}

/// A directive of which the last line counts and that virtual hosts inherit; the page is to follow.
const fn new(name: &'static str, takes: Takes, scope: Scope, help: &'static str, apply: Apply) -> Directive {
    Directive {
        name,
        takes,
        scope,
        help,
        apply,
        syntax: "",
        default: "",
        meaning: "",
        differs: "",
        repeated: Repeated::Replaces,
        inherited: Inherited::Yes,
    }
}

impl Directive {
    /// What the reference page says: the arguments, what holds without the directive, what it does.
    const fn page(self, syntax: &'static str, default: &'static str, meaning: &'static str) -> Self {
        Self { syntax, default, meaning, ..self }
    }

    /// What is different in mod_jk.
    const fn differs(self, differs: &'static str) -> Self {
        Self { differs, ..self }
    }

    const fn repeated(self, repeated: Repeated) -> Self {
        Self { repeated, ..self }
    }

    const fn inherited(self, inherited: Inherited) -> Self {
        Self { inherited, ..self }
    }
}
