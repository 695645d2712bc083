//! The difference of two documents, line by line.

use serde_json::Value;

/// The lines of both, those only in the first with `-`, those only in the second with `+`.
pub(super) fn difference(before: &Value, after: &Value) -> Vec<String> {
    let (before, after) = (lines(before), lines(after));
    // The length of the longest common rest, for each pair of places.
    let mut common = vec![vec![0_usize; after.len() + 1]; before.len() + 1];
    let at = |table: &[Vec<usize>], row: usize, column: usize| -> usize {
        table.get(row).and_then(|row| row.get(column)).copied().unwrap_or_default()
    };
    for (row, left) in before.iter().enumerate().rev() {
        for (column, right) in after.iter().enumerate().rev() {
            let length = match left == right {
                true => at(&common, row + 1, column + 1) + 1,
                false => at(&common, row + 1, column).max(at(&common, row, column + 1)),
            };
            if let Some(cell) = common.get_mut(row).and_then(|row| row.get_mut(column)) {
                *cell = length;
            }
        }
    }
    let (mut row, mut column, mut shown) = (0, 0, Vec::new());
    loop {
        match (before.get(row), after.get(column)) {
            (Some(left), Some(right)) if left == right => {
                shown.push(format!("  {left}"));
                (row, column) = (row + 1, column + 1);
            }
            (Some(left), right)
                if right.is_none() || at(&common, row + 1, column) >= at(&common, row, column + 1) =>
            {
                shown.push(format!("- {left}"));
                row += 1;
            }
            (_, Some(right)) => {
                shown.push(format!("+ {right}"));
                column += 1;
            }
            _ => return shown,
        }
    }
}

/// A document as indented lines; what is not there has none.
fn lines(document: &Value) -> Vec<String> {
    if document.is_null() {
        return Vec::new();
    }
    format!("{document:#}").lines().map(|line| line.trim_end_matches(',').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_changes_is_marked() {
        let before = json!({"a": [1, 2], "b": "x"});
        let after = json!({"a": [1, 2, 3], "b": "y"});
        insta::assert_snapshot!(difference(&before, &after).join("\n"), @r#"
          {
            "a": [
              1
              2
        +     3
            ]
        -   "b": "x"
        +   "b": "y"
          }
        "#);
        assert_eq!(difference(&Value::Null, &json!(1)), ["+ 1"]);
    }
}
