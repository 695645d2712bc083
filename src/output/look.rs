//! How a result looks beyond its format: what the reader chose in the shell or on the command line.

use super::Screen;

/// The look of a result.
#[derive(Clone, Debug)]
pub struct Look {
    /// What the screen can show.
    pub screen: Screen,
    /// What stands for null in tables and vertical records; what is usual there, if it is not said.
    pub null: Option<String>,
    /// The most cells of the terminal that one column of text takes in a table.
    pub widest: Option<usize>,
    /// Whether csv and tsv must not hold what a spreadsheet would take for a formula.
    pub csv_safe: bool,
    /// What a table says to do about what it hides.
    pub advice: Advice,
}

/// What to do to see what a table hides; each follows a semicolon.
#[derive(Clone, Copy, Debug)]
pub struct Advice {
    /// To see all rows.
    pub rows: &'static str,
    /// To see all columns.
    pub columns: &'static str,
}

/// What is typed on a command line.
const COMMAND_LINE: Advice =
    Advice { rows: "--format csv prints all", columns: "--format vertical shows all" };

impl From<&Screen> for Look {
    fn from(screen: &Screen) -> Self {
        Self { screen: *screen, null: None, widest: None, csv_safe: false, advice: COMMAND_LINE }
    }
}
