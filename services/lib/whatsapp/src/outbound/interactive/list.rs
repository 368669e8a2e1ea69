//! A button that opens a list of up to ten rows.

use crate::strict::{Distinct, Node, Object};

const BUTTON_MAX: usize = 20;
const SECTIONS_MAX: usize = 10;
/// In all sections together.
const ROWS_MAX: usize = 10;
const SECTION_TITLE_MAX: usize = 24;
const ROW_ID_MAX: usize = 200;
const ROW_TITLE_MAX: usize = 24;
const ROW_DESCRIPTION_MAX: usize = 72;

pub(super) fn check(action: &Object<'_>) {
    if let Some(button) = action.required("button") {
        button.line(BUTTON_MAX);
    }
    let Some(list) = action.required("sections") else { return };
    let sections = list.list("section", 1..=SECTIONS_MAX);
    let (mut ids, mut rows_seen) = (Distinct::default(), 0);
    for section in &sections {
        let Some(object) = section.object() else { continue };
        section_title(&object, sections.len());
        let Some(list) = object.required("rows") else { continue };
        rows_seen += list.value().as_array().map_or(0, Vec::len);
        for row in list.list("row", 1..=ROWS_MAX) {
            check_row(&row, &mut ids);
        }
    }
    list.count(rows_seen, "row", 0..=ROWS_MAX);
}

/// Required where there is more than one section.
pub(super) fn section_title(section: &Object<'_>, sections: usize) {
    match section.optional("title") {
        Some(title) => {
            title.line(SECTION_TITLE_MAX);
        }
        None if sections > 1 => section.missing("title", "is required where there is more than 1 section"),
        None => {}
    }
}

fn check_row<'a>(row: &Node<'a>, ids: &mut Distinct<'a>) {
    let Some(object) = row.object() else { return };
    if let Some(id) = object.required("id")
        && let Some(text) = id.id(ROW_ID_MAX)
    {
        ids.see(&id, text);
    }
    if let Some(title) = object.required("title") {
        title.line(ROW_TITLE_MAX);
    }
    if let Some(description) = object.optional("description") {
        description.line(ROW_DESCRIPTION_MAX);
    }
}
