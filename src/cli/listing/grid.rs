//! Small tables: all rows are there before the first is written.

use std::io::{self, Write};
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::table::{Paint, TableStyle, fit, line};

/// A table with `N` columns.
pub(in crate::cli) struct Grid<const N: usize> {
    /// What stands above each column.
    pub(in crate::cli) heads: [&'static str; N],
    /// Is a column of numbers?
    pub(in crate::cli) numbers: [bool; N],
    /// These may be cut.
    pub(in crate::cli) may_shrink: Range<usize>,
    /// Cells, and how they stand out.
    pub(in crate::cli) rows: Vec<([String; N], [Paint; N])>,
}

impl<const N: usize> Grid<N> {
    /// Writes it. Columns that hold nothing are left out.
    pub(in crate::cli) fn write(
        mut self,
        out: &mut impl Write,
        style: TableStyle,
    ) -> io::Result<()> {
        let mut widths = self.heads.map(UnicodeWidthStr::width);
        let mut shown = [false; N];
        for (cells, _) in &self.rows {
            for ((width, shown), cell) in widths.iter_mut().zip(&mut shown).zip(cells) {
                *width = cell.width().max(*width);
                *shown |= !cell.is_empty();
            }
        }
        for (cells, _) in &mut self.rows {
            let columns = cells.iter_mut().zip(widths).zip(self.numbers);
            for ((cell, width), _) in columns.filter(|(_, number)| *number) {
                *cell = format!("{cell:>width$}");
            }
        }
        fit(&mut widths, shown, self.may_shrink, style.width);
        let mut heads = self.heads.map(str::to_owned);
        for ((head, width), number) in heads.iter_mut().zip(widths).zip(self.numbers) {
            if number {
                *head = format!("{head:>width$}");
            }
        }
        line(out, &heads, shown, widths, [Paint::Faint; N], style)?;
        for (cells, paints) in &self.rows {
            line(out, cells, shown, widths, *paints, style)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_empty_columns_not_at_all() {
        let row = |cells: [&str; 4]| (cells.map(str::to_owned), [Paint::Plain; 4]);
        let grid = Grid {
            heads: ["NAME", "JOBS", "NONE", "WHAT"],
            numbers: [false, true, true, false],
            may_shrink: 3..4,
            rows: vec![row(["a", "12", "", "short"]), row(["longer", "1,200", "", "a long text"])],
        };
        let mut out = Vec::new();
        grid.write(&mut out, TableStyle { width: 24, color: false }).expect("a vector");
        let text = String::from_utf8(out).expect("UTF-8");
        assert_eq!(text, "NAME     JOBS  WHAT\na          12  short\nlonger  1,200  a long t…\n");
    }
}
