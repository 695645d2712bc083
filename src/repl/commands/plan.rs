//! `.explain` and `.profile`: how a query is answered.

use datafusion::physical_plan::displayable;

use super::Command;
use super::Completes;
use crate::error::Error;
use crate::repl::measure::Measure;
use crate::repl::recent::Asked;
use crate::repl::shell::Flow;

pub(super) const EXPLAIN: Command = Command {
    name: "explain",
    aliases: &[],
    arguments: "[SQL]",
    group: "Result",
    about: "Shows the plan of a query, or of the last one, without running it. EXPLAIN ANALYZE in SQL runs it.",
    example: ".explain SELECT count(*) FROM cloudtrail WHERE event_id = 'x'",
    completes: Completes::Sql,
    run: |shell, sql| {
        Box::pin(async move {
            let asked = match sql.trim_end_matches(';') {
                "" => shell.recent.as_ref().map(|recent| recent.asked.clone()),
                sql => Some(Asked::Sql(sql.to_owned())),
            };
            let asked = asked.ok_or_else(|| EXPLAIN.wrong("there is no query yet"))?;
            let planned = shell.plan(&asked, &shell.session).await?;
            let plan = planned.physical().await?;
            shell.say(&displayable(plan.as_ref()).indent(false).to_string())?;
            Ok(Flow::On)
        })
    },
};

pub(super) const PROFILE: Command = Command {
    name: "profile",
    aliases: &[],
    arguments: "[SQL]",
    group: "Result",
    about: "Says what the last query took, or runs one and says it: the time, the rows and bytes that were read, the files \
        and row groups that need not be.",
    example: "SELECT * FROM cloudtrail WHERE source_ip = '203.0.113.77';\n.profile",
    completes: Completes::Sql,
    run: |shell, sql| {
        Box::pin(async move {
            let sql = sql.trim_end_matches(';');
            if !sql.is_empty() {
                let asked = Asked::Sql(sql.to_owned());
                let planned = shell.plan(&asked, &shell.session).await?;
                shell.recent = None;
                shell.show(planned, asked, false).await?;
            }
            let Some(recent) = &shell.recent else {
                return Err(Error::user(".profile: no query has come to its end yet")
                    .hinted("run one, then .profile"));
            };
            let text = Measure::of(&recent.plan).profile(recent.rows, recent.elapsed, recent.files);
            shell.say(&text)?;
            Ok(Flow::On)
        })
    },
};
