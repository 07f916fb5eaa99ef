//! Which rules a server maps its requests by: its own, the main server's, or none (`JkMountCopy`).

use crate::config::diagnostic::{Diagnostic, Place};
use crate::config::mounts::{self, Mounted};
use crate::config::settings::{self, Settings};
use crate::text::Text;
use crate::time::Seconds;
use crate::uri::RuleTable;
use crate::uri::rule::Source;

/// Where a virtual host's map comes from.
#[derive(Clone, Debug)]
pub enum MapSource {
    /// Nothing is mapped, nor stripped, nor aliased.
    None,
    /// The main server's map itself, with its `worker.NAME.mount` rules and its mount file.
    Main,
    /// A map of its own, without `worker.NAME.mount` rules.
    Own(OwnMap),
}

/// What a server's own map is made of.
#[derive(Clone, Debug)]
pub struct OwnMap {
    /// `JkMount` and `JkUnMount`.
    pub mounts: RuleTable<Place>,
    /// The mount file.
    pub file: Option<Text>,
    /// How often it is looked at; `None` is never.
    pub reload: Option<Seconds>,
}

impl OwnMap {
    /// The directives as rules, in order.
    pub fn directives(&self, out: &mut Vec<Diagnostic>) -> Vec<Mounted> {
        mounts::mounted(&self.mounts, Source::Directive, out)
    }
}

/// The main server's map, to which the rules of `worker.NAME.mount` are added.
pub fn main_map(main: &Settings) -> OwnMap {
    OwnMap { mounts: main.mounts.clone(), file: main.mount_file.clone(), reload: main.reload() }
}

/// The map of a virtual host; `vhost` may be merged or not. The main server's rules come after its own, and only
/// where it has not the same key; the main server's file counts only if it has none.
pub fn map_source(main: &Settings, vhost: &Settings) -> MapSource {
    let own = |mounts: RuleTable<Place>, file: Option<Text>| {
        let reload = vhost.mount_file_reload.or(main.mount_file_reload);
        let reload = Settings { mount_file_reload: reload, ..Settings::default() }.reload();
        MapSource::Own(OwnMap { mounts, file, reload })
    };
    match (settings::copies(main, vhost), vhost.has_own_rules()) {
        (false, false) => MapSource::None,
        (true, false) => MapSource::Main,
        (false, true) => own(vhost.mounts.clone(), vhost.mount_file.clone()),
        (true, true) => {
            let mut mounts = vhost.mounts.clone();
            mounts.inherit(&main.mounts);
            own(mounts, vhost.mount_file.clone().or_else(|| main.mount_file.clone()))
        }
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;
    use crate::config::settings::MountCopy::{self, All, Off, On};
    use crate::text;

    fn server(copy: Option<MountCopy>, mounts: &[(&str, &str)], file: Option<&str>) -> Settings {
        let mut settings = Settings {
            mount_copy: copy,
            mount_file: file.map(|file| file.as_bytes().into()),
            ..Settings::default()
        };
        for (number, (pattern, worker)) in (1..).zip(mounts) {
            settings.mounts.mount(pattern.as_bytes(), worker.as_bytes(), Place::new(b"c", number));
        }
        settings
    }

    fn seen(source: MapSource) -> String {
        match source {
            MapSource::None => "none".to_owned(),
            MapSource::Main => "main".to_owned(),
            MapSource::Own(map) => {
                let rules = map.directives(&mut Vec::new());
                let one = |mounted: &Mounted| {
                    format!("{}={} ", text::show(&mounted.rule.pattern), text::show(&mounted.rule.worker))
                };
                let file = map.file.as_deref().unwrap_or(b"-");
                format!("{}file {}", rules.iter().map(one).collect::<String>(), text::show(file))
            }
        }
    }

    #[test]
    fn own_rules_and_mount_copy_decide() {
        let mounts = [("/both", "w4"), ("/v", "w4")];
        for (main_copy, copy, own, file, map) in [
            (None, None, &[][..], None, "none"),
            (None, Some(On), &[], None, "main"),
            (None, None, &mounts, None, "/both=w4 /v=w4 file -"),
            (None, Some(On), &mounts, None, "/both=w4 /v=w4 /g=w1 file fm"),
            (None, Some(On), &[], Some("fv"), "/g=w1 /both=w1 file fv"),
            (Some(All), None, &[], Some("fv"), "/g=w1 /both=w1 file fv"),
            (Some(All), None, &[], None, "main"),
            (Some(All), Some(Off), &[], None, "none"),
            (Some(All), Some(Off), &mounts, None, "/both=w4 /v=w4 file -"),
            (Some(On), None, &[], None, "none"),
        ] {
            let main = server(main_copy, &[("/g", "w1"), ("/both", "w1")], Some("fm"));
            let vhost = server(copy, own, file);
            assert_eq!(seen(map_source(&main, &vhost)), map, "{main_copy:?} {copy:?}");
            let merged = settings::merge(&main, &vhost);
            assert_eq!(seen(map_source(&main, &merged)), map, "merged {main_copy:?} {copy:?}");
        }
    }

    #[test]
    fn the_reload_interval_is_inherited() {
        let mut main = server(None, &[], Some("fm"));
        main.mount_file_reload = Some(Seconds(5));
        match map_source(&main, &server(None, &[], Some("fv"))) {
            MapSource::Own(map) => assert_eq!(map.reload, Some(Seconds(5))),
            MapSource::None | MapSource::Main => panic!("no own map"),
        }
    }
}
