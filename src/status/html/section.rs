//! The balancers in a few words, as a part of somebody else's page.

use super::writer::Page;
use crate::status::report::{LbReport, MemberReport};

/// A heading and a table, or lines where tables are not wanted; nothing if there is no balancer.
pub fn section(balancers: &[LbReport], tables: bool) -> Vec<u8> {
    let mut page = Page::default();
    for balancer in balancers {
        page.raw("<hr />\n");
        page.tag("h1").text(format_args!(
            "Balancer {} of mod_jk, {} requests under way",
            crate::text::show(&balancer.name),
            balancer.busy
        ));
        page.raw("\n");
        if tables { table(balancer, &mut page) } else { list(balancer, &mut page) }
    }
    page.finish()
}

const COLUMNS: [&str; 6] = ["Member", "Activation", "State", "Busy", "Elected", "Errors"];

fn table(balancer: &LbReport, page: &mut Page) {
    page.tag("table").attr("border", "0").with(|page| {
        page.tag("tr").with(|page| COLUMNS.iter().for_each(|column| page.tag("th").text(*column)));
        for member in &balancer.members {
            page.raw("\n");
            page.tag("tr").with(|page| cells(member).iter().for_each(|cell| page.tag("td").text(&**cell)));
        }
    });
    page.raw("\n");
}

fn list(balancer: &LbReport, page: &mut Page) {
    page.tag("dl").with(|page| {
        for member in &balancer.members {
            let [name, rest @ ..] = cells(member);
            page.raw("\n");
            page.tag("dt").text(&*name);
            page.tag("dd").with(|page| {
                for (column, cell) in COLUMNS.iter().skip(1).zip(rest) {
                    page.text(format_args!("{column} {cell} "));
                }
            });
        }
    });
    page.raw("\n");
}

fn cells(member: &MemberReport) -> [String; 6] {
    [
        crate::text::show(&member.ajp.name).to_string(),
        member.activation.short().to_owned(),
        member.state.label().to_owned(),
        member.ajp.busy.to_string(),
        member.elected.to_string(),
        member.errors.to_string(),
    ]
}
