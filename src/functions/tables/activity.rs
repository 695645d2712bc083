//! Everything one principal did, under its own name and through every session and key it opened.

use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::Array;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::array::Int64Array;
use datafusion::arrow::array::StringViewArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::ScalarFunctionArgs;
use datafusion::logical_expr::ScalarUDF;
use datafusion::logical_expr::ScalarUDFImpl;
use datafusion::logical_expr::Signature;
use datafusion::logical_expr::Volatility;
use datafusion::logical_expr::col;
use datafusion::logical_expr::lit;
use datafusion::prelude::DataFrame;

use crate::error::Error;
use crate::functions::tables::TableFunction;
use crate::functions::tables::credentials::Credential;
use crate::functions::tables::credentials::Events;
use crate::functions::tables::failed;
use crate::functions::tables::held::Marks;
use crate::functions::tables::planned::Plan;
use crate::functions::tables::planned::Planned;
use crate::functions::tables::walk::First;
use crate::functions::tables::walk::Walk;
use crate::functions::tables::who;
use crate::functions::tables::who::Who;

pub(super) const ACTIVITY: TableFunction = TableFunction {
    name: "activity",
    description: "Lists everything one principal did, oldest first: its own calls (`depth` 0) and the calls made with the \
        sessions and access keys those opened, and so on (`depth` 1, 2 ...; `via` is the key or session). The columns \
        are those of `cloudtrail` in the order people read them. A session without a known key is recognised by its \
        ARN and the second it was opened, and `via` is then that ARN. Filters on time or account limit what is listed, \
        not how far sessions are followed. An event that came through two trails has two rows, as in `cloudtrail`.",
    argument: ("who", who::MEANING),
    example: r#"
> SELECT depth, via, count(*) AS calls FROM activity('AKIAKESTRELQ7EXAMPLE') GROUP BY 1, 2 ORDER BY 1;
+-------+----------------------+-------+
| depth | via                  | calls |
+-------+----------------------+-------+
| 0     |                      | 8     |
| 1     | ASIAKESTRELX3EXAMPLE | 28    |
+-------+----------------------+-------+
"#,
    call: |call| {
        let events = Events::new(call.state.clone(), call.cloudtrail()?);
        let who = Who::read(call.text);
        let plan = listed(&events, &who, Walk::default())?;
        let schema = Arc::clone(plan.schema().inner());
        let order = col("event_time").sort(true, true);
        Ok(Arc::new(Planned { rows: Activity { events, who }, schema, order }))
    },
};

/// The columns people read first; all others follow in the order of the table.
const FIRST: [&str; 15] = [
    "event_time",
    "account_id",
    "aws_region",
    "principal",
    "session_name",
    "source_ip",
    "event_source",
    "event_name",
    "resource_arns",
    "outcome",
    "error_code",
    "via",
    "depth",
    "access_key_id",
    "event_id",
];

/// The columns that tell whose an event is.
const MARKS: [&str; 3] = ["access_key_id", "user_arn", "session_created_at"];

#[derive(Debug)]
struct Activity {
    events: Events,
    who: Who,
}

#[async_trait]
impl Plan for Activity {
    /// Finds the sessions first, which no filter of the statement limits.
    async fn plan(&self) -> Result<LogicalPlan> {
        let mut walk = Walk::default();
        let own = First { filter: self.who.acted(), root: None };
        walk.forward(&self.events, &[], Some(own)).await?;
        listed(&self.events, &self.who, walk)
    }
}

/// The rows of whom the question is about, and of what a walk has reached. Each part has a scan of its own, so that
/// the bloom filters of keys and principals each spare what they can.
fn listed(events: &Events, who: &Who, walk: Walk) -> Result<LogicalPlan> {
    let (own, filters) = (who.acted(), walk.held.filters());
    let walk = Arc::new(walk);
    let mut rows = part(events.all()?.filter(own.clone())?, &walk, lit(true))?;
    for filter in filters {
        let reached = events.all()?.filter(filter.and(own.clone().is_not_true()))?;
        let reached = part(reached, &walk, lit(false))?.filter(col("depth").is_not_null())?;
        rows = rows.union(reached)?;
    }
    Ok(rows.into_unoptimized_plan())
}

/// The columns of some rows, in order, with what the walk says of them.
fn part(rows: DataFrame, walk: &Arc<Walk>, own: Expr) -> Result<DataFrame> {
    let ask = |what: What| {
        let function = ScalarUDF::new_from_impl(Reached::new(Arc::clone(walk), what));
        let arguments = [own.clone()].into_iter().chain(MARKS.map(col)).collect();
        function.call(arguments).alias(what.column())
    };
    let names: Vec<String> = rows.schema().fields().iter().map(|field| field.name().clone()).collect();
    let rest = names.iter().map(String::as_str).filter(|name| !FIRST.contains(name));
    let columns = FIRST.into_iter().chain(rest).map(|name| match name {
        "via" => ask(What::Via),
        "depth" => ask(What::Depth),
        name => col(name),
    });
    rows.select(columns.collect::<Vec<_>>())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Via,
    Depth,
}

impl What {
    fn column(self) -> &'static str {
        match self {
            Self::Via => "via",
            Self::Depth => "depth",
        }
    }
}

/// Tells of an event through what it was reached, or how far it is from the start; NULL if it was not.
#[derive(Debug)]
struct Reached {
    walk: Arc<Walk>,
    what: What,
    signature: Signature,
}

impl Reached {
    fn new(walk: Arc<Walk>, what: What) -> Self {
        Self { walk, what, signature: Signature::any(4, Volatility::Immutable) }
    }
}

impl PartialEq for Reached {
    fn eq(&self, other: &Self) -> bool {
        self.what == other.what && Arc::ptr_eq(&self.walk, &other.walk)
    }
}

impl Eq for Reached {}

impl Hash for Reached {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.what.hash(state);
        Arc::as_ptr(&self.walk).hash(state);
    }
}

impl ScalarUDFImpl for Reached {
    fn name(&self) -> &str {
        match self.what {
            What::Via => "reached_via",
            What::Depth => "reached_depth",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.what {
            What::Via => DataType::Utf8View,
            What::Depth => DataType::Int64,
        })
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&call.args)?;
        let [own, keys, arns, starts] = arrays.as_slice() else {
            return Err(failed(Error::internal("an event is told by four columns")));
        };
        let own = own.as_boolean();
        let text =
            |array: &ArrayRef| Ok::<_, datafusion::error::DataFusionError>(cast(array, &DataType::Utf8View)?);
        let (keys, arns) = (text(keys)?, text(arns)?);
        let (keys, arns) = (keys.as_string_view(), arns.as_string_view());
        let starts = cast(starts, &DataType::Int64)?;
        let starts = starts.as_primitive::<Int64Type>();
        let owner = |row: usize| {
            self.walk.held.owner(Marks {
                key: keys.is_valid(row).then(|| keys.value(row)),
                user_arn: arns.is_valid(row).then(|| arns.value(row)),
                session_start: starts.is_valid(row).then(|| starts.value(row)),
            })
        };
        let is_own = |row: usize| own.is_valid(row) && own.value(row);
        let rows = 0..own.len();
        let found: ArrayRef = match self.what {
            What::Depth => Arc::new(
                rows.map(|row| match is_own(row) {
                    true => Some(0),
                    false => self.walk.depth(owner(row)?, None),
                })
                .collect::<Int64Array>(),
            ),
            What::Via => Arc::new(
                rows.map(|row| match self.walk.held.all.get(owner(row).filter(|_| !is_own(row))?)? {
                    Credential::Key(key) => Some(key.as_str()),
                    Credential::Session { arn, .. } => Some(arn.as_str()),
                    Credential::Keyless => None,
                })
                .collect::<StringViewArray>(),
            ),
        };
        Ok(ColumnarValue::Array(found))
    }
}
