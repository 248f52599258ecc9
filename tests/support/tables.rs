//! The tables of an `expect.md`.

use std::path::Path;

/// A table, with the heading it stands under (empty before the first `##`).
#[derive(Debug)]
pub(crate) struct Table {
    /// Text of the heading.
    pub(crate) heading: String,
    /// Names of the columns.
    pub(crate) header: Vec<String>,
    /// Its rows, each as long as the header.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// The cell of a row in a named column.
    pub(crate) fn cell<'t>(&self, row: &'t [String], column: &str) -> Option<&'t str> {
        let at = self.header.iter().position(|name| name == column)?;
        row.get(at).map(String::as_str)
    }

    /// The cell of a column that must be there.
    pub(crate) fn need<'t>(&self, row: &'t [String], column: &str) -> Result<&'t str, String> {
        self.cell(row, column).ok_or_else(|| format!("no column `{column}` in {:?}", self.header))
    }
}

/// All tables of a page.
///
/// # Errors
/// A row that has not as many cells as its header, or a table without its line of dashes.
pub(crate) fn read(path: &Path) -> Result<Vec<Table>, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut tables: Vec<Table> = Vec::new();
    let mut heading = String::new();
    let mut within = false;
    for (number, line) in text.lines().enumerate() {
        if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut heading);
        }
        if !line.starts_with('|') {
            within = false;
            continue;
        }
        let cells = cells(line);
        let wrong = |what: &str| Err(format!("{}:{}: {what}", path.display(), number + 1));
        match tables.last_mut().filter(|_| within) {
            None => {
                tables.push(Table { heading: heading.clone(), header: cells, rows: Vec::new() });
                within = true;
            }
            Some(table) if table.header.len() != cells.len() => {
                return wrong("not as many cells as in the header");
            }
            Some(_) if cells.iter().all(|cell| cell == "---") => {}
            Some(table) => table.rows.push(cells),
        }
    }
    Ok(tables)
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split(" | ").map(|cell| cell.trim().to_owned()).flat_map(split_dashes).collect()
}

/// `---|---` has no spaces around its bars.
fn split_dashes(cell: String) -> Vec<String> {
    if cell.chars().all(|c| c == '-' || c == '|') && cell.contains('|') {
        cell.split('|').map(str::to_owned).collect()
    } else {
        vec![cell]
    }
}

/// A cell's text without the backquotes around it.
///
/// # Errors
/// When it has none.
pub(crate) fn code(cell: &str) -> Result<&str, String> {
    cell.strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'))
        .ok_or_else(|| format!("`{cell}` isn't written as code"))
}
