//! The mount rules of all servers, as the status worker shows them.

use super::apr::bytes;
use super::request::RequestView;
use super::{ffi, server};
use crate::status::Report;
use crate::status::report::{MapReport, Matching};
use crate::text::Text;
use crate::uri::{Extensions, Rule};
use std::collections::HashMap;

/// Adds to each worker of the report how many rules lead to it and, with `shown`, the rules. Mount files are looked
/// at before, if that is due.
pub(super) fn add(report: &mut Report, view: &RequestView, shown: bool) {
    if report.balancers.is_empty() && report.ajp_workers.is_empty() {
        return;
    }
    let mut rules = rules(view, shown);
    // An exclusion for all workers counts for each.
    let (all, all_shown) = rules.remove(&b"*"[..]).unwrap_or_default();
    let mut of = |worker: &[u8]| {
        let (count, mut maps) = rules.remove(worker).unwrap_or_default();
        maps.extend(all_shown.iter().cloned());
        maps.sort_by_key(|(place, _)| *place);
        (count + all, maps.into_iter().map(|(_, map)| map).collect())
    };
    for lb in &mut report.balancers {
        (lb.map_count, lb.maps) = of(&lb.name);
    }
    for ajp in &mut report.ajp_workers {
        (ajp.map_count, ajp.maps) = of(&ajp.ajp.name);
    }
}

/// The rules of one worker: how many, and each with its place among all.
type Rules = (u32, Vec<(usize, MapReport)>);

fn rules(view: &RequestView, shown: bool) -> HashMap<Text, Rules> {
    let mut found: HashMap<Text, Rules> = HashMap::new();
    let mut place = 0;
    // SAFETY: httpd's list of servers is complete and stays as it is while it runs.
    for server in unsafe { server::all(ffi::ap_server_conf) } {
        // SAFETY: a server of that list is live.
        let Some(map) = (unsafe { server::live(server) }).and_then(|live| live.map(view)) else { continue };
        // SAFETY: as above.
        let name = unsafe { server_name(server) };
        for rule in map.rules() {
            let (count, maps) = found.entry(rule.worker.clone()).or_default();
            *count += 1;
            if shown {
                maps.push((place, map_report(rule, &name)));
            }
            place += 1;
        }
    }
    found
}

/// # Safety
/// `server` is a live server.
unsafe fn server_name(server: *mut ffi::server_rec) -> Text {
    // SAFETY: by the contract; addresses of a virtual host live as long as it does.
    let (name, port, address) = unsafe {
        let server = &*server;
        let address = server.addrs.as_ref().filter(|_| server.is_virtual != 0);
        let address = address.map(|address| (bytes(address.virthost), address.host_port));
        (bytes(server.server_hostname), server.port, address)
    };
    let text = |port: u16| port.to_string().into_bytes();
    match (address, port) {
        (Some((address, port)), _) => [name, b" [", address, b":", &text(port), b"]"].concat(),
        (None, 0) => name.to_vec(),
        (None, port) => [name, b":", &text(port)].concat(),
    }
    .into()
}

fn map_report(rule: &Rule, server: &Text) -> MapReport {
    let Extensions { reply_timeout, written, .. } = &rule.extensions;
    let wildcard = rule.pattern.iter().any(|b| matches!(b, b'*' | b'?'));
    MapReport {
        server: server.clone(),
        uri: rule.pattern.clone(),
        matching: if wildcard { Matching::Wildcard } else { Matching::Exact },
        unmount: rule.exclusion,
        disabled: rule.disabled,
        source: rule.source,
        reply_timeout: reply_timeout.unwrap_or(-1),
        sticky_ignore: rule.extensions.sticky_ignore,
        stateless: rule.extensions.stateless,
        fail_on_status: written.fail_on_status.clone(),
        active: written.active.clone(),
        disabled_members: written.disabled.clone(),
        stopped_members: written.stopped.clone(),
        use_server_errors: rule.extensions.use_server_errors.unwrap_or(0),
    }
}
