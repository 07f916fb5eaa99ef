//! The files of `apache-conf` are what we tell others to write: they must draw no remark at all.
#![allow(clippy::unwrap_used)]

use crate::config::check;
use crate::config::diagnostic::Place;
use crate::config::directives::{self, Args, Context, Surroundings, Takes};
use crate::config::map_source::{self, MapSource};
use crate::config::mounts::Mounted;
use crate::config::properties::Properties;
use crate::config::settings::{self, Settings};
use crate::config::uri_map_file;
use crate::config::worker_spec::{self, Defaults};
use crate::text::{self, Text};

struct Host;

impl Surroundings for Host {
    fn absolute(&self, path: &[u8]) -> Text {
        path.into()
    }
    fn is_regular_file(&self, _: &[u8]) -> bool {
        true
    }
    fn is_directory(&self, path: &[u8]) -> bool {
        !path.ends_with(b".log")
    }
}

/// Runs the Jk lines of a configuration; knows `<Location>` and no more of httpd's syntax.
fn run(file: &str) -> Settings {
    let mut settings = Settings::default();
    let mut path: Option<&str> = None;
    for (number, line) in (1..).zip(file.lines().map(str::trim)) {
        if let Some(section) = line.strip_prefix("<Location ") {
            path = section.strip_suffix('>');
        } else if line == "</Location>" {
            path = None;
        } else if line.starts_with("Jk") {
            let (name, rest) = line.split_once(' ').unwrap();
            let directive = directives::find(name.as_bytes()).unwrap();
            let mut words = rest.split(' ').map(str::as_bytes);
            let args = match directive.takes {
                Takes::Raw => Args { first: Some(rest.as_bytes()), second: None },
                Takes::One | Takes::OneOrTwo => Args { first: words.next(), second: words.next() },
            };
            let place = Place::new(b"jk.conf", number);
            let context = Context { path: path.map(str::as_bytes), main_server: true, place, host: &Host };
            directive.run(&mut settings, &args, &context).unwrap();
        }
    }
    settings
}

#[test]
fn the_shipped_files_fit_together_and_draw_no_remark() {
    let settings = run(include_str!("../../apache-conf/jk.conf"));
    assert_eq!(settings.notices, []);
    let mut out = Vec::new();
    let (mut properties, file) = (Properties::new(), include_bytes!("../../apache-conf/workers.properties"));
    properties.read_file(file, b"workers.properties", &|_| None, &mut out);
    properties.resolve_references(&mut out);
    let (workers, more) = worker_spec::build(&properties, &Defaults { pool_size: 25 });
    assert_eq!((out, more), (vec![], vec![]));

    let map = include_bytes!("../../apache-conf/uriworkermap.properties");
    let map = uri_map_file::read(map, b"uriworkermap.properties", &|_| None);
    assert_eq!(map.diagnostics, []);
    let mut out = Vec::new();
    let mut rules = map_source::main_map(&settings).directives(&mut out);
    rules.extend(map.rules.unwrap());
    assert_eq!(out, []);
    assert_eq!(check::check(&workers, &[&rules]), []);
    let seen = |mounted: &Mounted| text::show(&mounted.rule.pattern).to_string();
    let patterns: Vec<_> = rules.iter().map(seen).collect();
    assert_eq!(patterns, ["/jk-status", "/app", "/app/*", "/app/images/*", "/app/reports/*"]);
}

#[test]
fn virtual_hosts_get_the_shipped_rules() {
    let main = run(include_str!("../../apache-conf/jk.conf"));
    let vhost = settings::merge(&main, &Settings::default());
    assert!(matches!(map_source::map_source(&main, &vhost), MapSource::Main));
    assert_eq!(check::check_vhost("a virtual host", &main, &vhost), None);
}
