//! The list of all reports as rows: what `report list --format` prints, and the table `reports` in SQL.

use std::sync::Arc;

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::BooleanArray;
use arrow::array::ListBuilder;
use arrow::array::RecordBatch;
use arrow::array::StringArray;
use arrow::array::StringBuilder;
use arrow::datatypes::Field;
use arrow::datatypes::Schema;

use crate::error::Error;
use crate::error::Result;
use crate::reports::Report;

/// One row for each report: group, name, title, severity, techniques, parameters, whether it is a view, where from.
///
/// # Errors
/// Never, unless there is a bug.
pub fn catalogue<'a>(reports: impl Iterator<Item = &'a Arc<Report>>) -> Result<RecordBatch> {
    let reports: Vec<_> = reports.collect();
    let texts = |of: fn(&Report) -> String| -> ArrayRef {
        Arc::new(
            reports
                .iter()
                .map(|report| Some(of(report)).filter(|text| !text.is_empty()))
                .collect::<StringArray>(),
        )
    };
    let views = reports.iter().map(|report| Some(report.is_view())).collect::<BooleanArray>();
    let columns = [
        ("group", "The folder it lies in", texts(|report| report.group.clone())),
        ("name", "Its name, also as the view reports.<name>", texts(|report| report.name.clone())),
        ("title", "What it shows", texts(|report| report.header.title.clone())),
        ("severity", "How bad an answer is", texts(|report| report.header.severity.to_string())),
        ("mitre", "The ATT&CK techniques it is about", mitre(&reports)),
        ("parameters", "What can be given to it, with types and defaults", texts(parameters)),
        ("is_view", "Whether it needs no parameter, and so is a view", Arc::new(views)),
        ("description", "What it does, in a sentence", texts(|report| report.header.description.clone())),
        ("file", "Where its text is", texts(|report| report.file.clone())),
    ];
    let fields = columns.iter().map(|(name, comment, column)| {
        let comment = [("comment".to_owned(), (*comment).to_owned())].into();
        Field::new(*name, column.data_type().clone(), column.null_count() > 0).with_metadata(comment)
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let columns = columns.into_iter().map(|(_, _, column)| column).collect();
    RecordBatch::try_new(Arc::new(schema), columns)
        .map_err(|error| Error::internal("the list of reports is no table").caused_by(error))
}

/// The ids as lists, so that they can be joined with the table `mitre`; null where there are none, as elsewhere.
fn mitre(reports: &[&Arc<Report>]) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for report in reports {
        let ids = &report.header.mitre;
        ids.iter().for_each(|id| lists.values().append_value(id));
        lists.append(!ids.is_empty());
    }
    Arc::new(lists.finish())
}

fn parameters(report: &Report) -> String {
    let one = |param: &crate::reports::Param| match &param.default {
        Some(default) => format!("{} {} = {default}", param.name, param.kind.name()),
        None => format!("{} {}", param.name, param.kind.name()),
    };
    report.header.params.iter().map(one).collect::<Vec<_>>().join(", ")
}
