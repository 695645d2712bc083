//! An argument may be left out, be NULL, or be a column.

use std::sync::Arc;

use datafusion::arrow::array::BooleanArray;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::array::StringViewArray;

use super::run;
use super::session;

#[tokio::test]
async fn what_is_told_wins_over_the_name() {
    let context = session();
    let names = StringViewArray::from(vec![Some("GetObject"), Some("PutObject"), Some("PutObject"), None]);
    let told = BooleanArray::from(vec![Some(false), Some(true), None, Some(true)]);
    let batch = RecordBatch::try_from_iter([("name", Arc::new(names) as _), ("told", Arc::new(told) as _)]);
    context.register_batch("calls", batch.unwrap()).unwrap();
    let query = "SELECT name, told, is_write(name) AS by_name, is_write(name, NULL) AS nothing_told, is_write(name, told) AS by_both,
        is_write('GetObject', told) AS one_name FROM calls";
    insta::assert_snapshot!(run(&context, query).await, @"
    +-----------+-------+---------+--------------+---------+----------+
    | name      | told  | by_name | nothing_told | by_both | one_name |
    +-----------+-------+---------+--------------+---------+----------+
    | GetObject | false | false   | false        | true    | true     |
    | PutObject | true  | true    | true         | false   | false    |
    | PutObject |       | true    | true         | true    | false    |
    |           | true  |         |              |         | false    |
    +-----------+-------+---------+--------------+---------+----------+
    ");
}

#[tokio::test]
async fn it_is_documented() {
    let context = session();
    let query = "SELECT specific_name, rid, parameter_mode, parameter_name, data_type FROM information_schema.parameters
        WHERE specific_name IN ('is_write', 'security_group_rules') ORDER BY 1, 2, 3, ordinal_position";
    insta::assert_snapshot!(run(&context, query).await, @r#"
    +----------------------+-----+----------------+--------------------+---------------------------------------------------------------------------------------------------------------+
    | specific_name        | rid | parameter_mode | parameter_name     | data_type                                                                                                     |
    +----------------------+-----+----------------+--------------------+---------------------------------------------------------------------------------------------------------------+
    | is_write             | 0   | IN             | event_name         | String                                                                                                        |
    | is_write             | 0   | OUT            |                    | Boolean                                                                                                       |
    | is_write             | 1   | IN             | event_name         | String                                                                                                        |
    | is_write             | 1   | IN             | read_only          | Boolean                                                                                                       |
    | is_write             | 1   | OUT            |                    | Boolean                                                                                                       |
    | security_group_rules | 0   | IN             | request_parameters | String                                                                                                        |
    | security_group_rules | 0   | OUT            |                    | List(Struct("direction": String, "protocol": String, "from_port": Int64, "to_port": Int64, "target": String)) |
    | security_group_rules | 1   | IN             | request_parameters | String                                                                                                        |
    | security_group_rules | 1   | IN             | event_name         | String                                                                                                        |
    | security_group_rules | 1   | OUT            |                    | List(Struct("direction": String, "protocol": String, "from_port": Int64, "to_port": Int64, "target": String)) |
    +----------------------+-----+----------------+--------------------+---------------------------------------------------------------------------------------------------------------+
    "#);
    let query = "SELECT routine_name, syntax_example FROM information_schema.routines
        WHERE routine_name IN ('is_write', 'security_group_rules') ORDER BY 1";
    insta::assert_snapshot!(run(&context, query).await, @"
    +----------------------+--------------------------------------------------------+
    | routine_name         | syntax_example                                         |
    +----------------------+--------------------------------------------------------+
    | is_write             | is_write(event_name[, read_only])                      |
    | security_group_rules | security_group_rules(request_parameters[, event_name]) |
    +----------------------+--------------------------------------------------------+
    ");
}

#[tokio::test]
async fn wrong_ones_are_refused() {
    let context = session();
    for query in [
        "SELECT is_write('GetObject', 'yes')",
        "SELECT is_write()",
        "SELECT is_write('GetObject', true, true)",
    ] {
        let printed = run(&context, query).await;
        let candidates = "Candidate functions:\n\tis_write(String)\n\tis_write(String, Boolean)";
        assert!(
            printed.contains("No function matches") && printed.contains(candidates),
            "{query}: {printed}"
        );
    }
}
