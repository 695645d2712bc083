//! What holds for every text.

use std::sync::Arc;

use datafusion::arrow::array::StringArray;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prop_oneof;
use proptest::sample::select;

use super::FUNCTIONS;
use super::session;
use super::table;

/// Pieces of what the functions look for, and anything else.
fn texts() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"",
        ":",
        ",",
        "\\u0045",
        "%7B",
        "%22",
        "%",
        "+",
        " ",
        "Statement",
        "Effect",
        "Allow",
        "Principal",
        "*",
        "Action",
        "\"Effect\":\"Allow\"",
        "\"Principal\":\"*\"",
        "createVolumePermission",
        "ipProtocol",
        "cidrIp",
        "x-amz-acl",
        "AKIA",
        "AROAQ",
        "arn:aws:iam::",
        "123456789012",
        ":root",
        ".amazonaws.com",
        "20150331",
        "v2",
        "2020_05_31",
        "Get",
        "ä",
        "\u{0}",
        "10.0.0.0/8",
        "::",
    ]);
    let pieces = proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    prop_oneof![pieces, any::<String>()]
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]

    #[test]
    fn no_text_is_an_error(texts in proptest::collection::vec(texts(), 50)) {
        let context = session();
        let rows = texts.len();
        table(&context, "texts", Arc::new(StringArray::from(texts)));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for function in FUNCTIONS {
            let others = match function.name {
                "arn_part" => ", 'name'",
                "ip_in_cidr" => ", '::/0'",
                "policy_external_accounts" | "security_group_rules" => ", text",
                _ => "",
            };
            let query = format!("SELECT {}(text{others}) AS found FROM texts", function.name);
            let found = runtime.block_on(async { context.sql(&query).await.unwrap().collect().await.unwrap() });
            assert_eq!(found.iter().map(|batch| batch.num_rows()).sum::<usize>(), rows, "{query}");
        }
    }
}
