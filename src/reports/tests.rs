//! Headers, parameters and names, right and wrong.

use std::borrow::Cow;
use std::fmt::Write;

use datafusion::sql::sqlparser::ast::Expr;
use datafusion::sql::sqlparser::ast::Value;
use proptest::prelude::*;

use super::header::SEVERITIES;
use super::param::TYPES;
use super::*;

const HEADER: &str = "-- title: T\n-- description: D.\n-- severity: low\n";

fn read(text: &str) -> Result<Report, Fault> {
    let report = Report::read("group", "name", "own/name.sql".into(), Cow::Owned(text.to_owned()))?;
    match report.fault() {
        Some(fault) => Err(fault.clone()),
        None => Ok(report),
    }
}

fn with_param(param: &str) -> Result<Report, Fault> {
    read(&format!("{HEADER}-- param: {param}\nSELECT $x"))
}

#[test]
fn a_header_is_read() {
    let report = read(
        "\u{feff}-- title: Who: when?\n-- description: Tells it.\n-- severity: critical\n-- mitre: T1078, T1078.004\n\
         -- param: x text = 'a -- b' -- Some text\n-- param: y interval -- How long\n--\n-- title: no key here\n--\n--   Deep.\n\n\
         -- A remark.\nSELECT $x, $y -- the end\n",
    )
    .unwrap();
    assert_eq!(report.sql(), "-- A remark.\nSELECT $x, $y -- the end");
    insta::assert_debug_snapshot!(
        (&report.header.title, &report.header.severity, &report.header.mitre, &report.header.notes),
        @r#"
    (
        "Who: when?",
        Critical,
        [
            "T1078",
            "T1078.004",
        ],
        "title: no key here\n\n  Deep.",
    )
    "#
    );
    let params: Vec<_> =
        report.header.params.iter().map(|param| (&param.default, param.help.as_str())).collect();
    assert_eq!(params[0].0.as_ref().unwrap().to_string(), "'a -- b'");
    assert_eq!((params[0].1, params[1].0, params[1].1), ("Some text", &None, "How long"));
    assert!(!report.is_view());
}

#[test]
fn mistakes_are_told_with_their_line() {
    let wrong = [
        "".to_owned(),
        "SELECT 1".to_owned(),
        "-- title: T\n-- severity: low\nSELECT 1".to_owned(),
        format!("{HEADER}-- author: me\nSELECT 1"),
        format!("{HEADER}-- just words\nSELECT 1"),
        format!("{HEADER}-- title: again\nSELECT 1"),
        "-- title:\n-- description: D.\n-- severity: low\nSELECT 1".to_owned(),
        "-- title: T\n-- description: D.\n-- severity: bad\nSELECT 1".to_owned(),
        format!("{HEADER}-- mitre: T1078, Valid Accounts\nSELECT 1"),
        format!("{HEADER}-- param: x text = NULL\nSELECT $x"),
        format!("{HEADER}-- param: x -- help\nSELECT $x"),
        format!("{HEADER}-- param: x string = NULL -- help\nSELECT $x"),
        format!("{HEADER}-- param: X text = NULL -- help\nSELECT $X"),
        format!("{HEADER}-- param: x text = eu -- help\nSELECT $x"),
        format!("{HEADER}-- param: x text = (SELECT 1) -- help\nSELECT $x"),
        format!("{HEADER}-- param: x text = $y -- help\nSELECT $x"),
        format!("{HEADER}-- param: x text = 1 + -- help\nSELECT $x"),
        format!("{HEADER}-- param: x text = 1; DROP TABLE t -- help\nSELECT $x"),
        format!("{HEADER}-- param: x text = NULL -- help\n-- param: x text = NULL -- help\nSELECT $x"),
        format!("{HEADER}-- param: x text = NULL -- help\n\nSELECT 1"),
        format!("{HEADER}\nSELECT 1,\n  $since"),
        format!("{HEADER}\n"),
        format!("{HEADER}\nSELECT 1; SELECT 2"),
        format!("{HEADER}\nDROP TABLE cloudtrail"),
        format!("{HEADER}\nSELECT 1\nFORM t u v"),
    ];
    let mut text = String::new();
    for wrong in wrong {
        let fault = read(&wrong).unwrap_err();
        writeln!(text, "{}: {}", fault.line, fault.message).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn values_are_typed_expressions() {
    let mut text = String::new();
    for (kind, value) in [
        ("text", "it's; DROP TABLE x -- $y"),
        ("text", ""),
        ("timestamp", "2026-09-17"),
        ("timestamp", "yesterday"),
        ("date", "2026-09-17"),
        ("date", "17.9."),
        ("interval", "10m"),
        ("interval", "10"),
        ("integer", " 42 "),
        ("integer", "-7"),
        ("integer", "1e3"),
        ("float", "0.5"),
        ("float", "inf"),
        ("boolean", "Yes"),
        ("boolean", "1"),
    ] {
        let report = with_param(&format!("x {kind} -- help")).unwrap();
        let shown = match report.header.params[0].value(value) {
            Ok(value) => value.to_string(),
            Err(error) => error.to_string(),
        };
        writeln!(text, "{kind} {value:?}: {shown}").unwrap();
    }
    for default in ["text = 'a'", "text = NULL", "timestamp = now() - INTERVAL '7 days'", "integer = 5"] {
        let report = with_param(&format!("x {default} -- help")).unwrap();
        writeln!(text, "{default}: {}", report.header.params[0].default_value().unwrap()).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn bundled_reports_have_no_fault() {
    let bundled = Registry::bundled();
    assert!(bundled.problems().next().is_none(), "{:?}", bundled.problems().collect::<Vec<_>>());
    for report in bundled.iter() {
        report.check().unwrap();
    }
}

#[test]
fn a_technique_that_is_not_listed_is_a_mistake_in_a_bundled_report_and_a_remark_in_an_own_one() {
    let file = |name: &str, ids: &str| File {
        group: "group".to_owned(),
        name: name.to_owned(),
        place: format!("sql/group/{name}.sql"),
        text: format!("{HEADER}-- mitre: {ids}\nSELECT 1").into(),
    };
    let files = || [file("known", "T1078.004, T1685.002"), file("unknown", "T1078, T1999.001")];
    let told = "sql/group/unknown.sql:4: T1999.001 is no technique of the table mitre (ATT&CK v16 and v19)";

    let mut bundled = Registry::default();
    files().into_iter().for_each(|file| bundled.add(file));
    assert_eq!(bundled.problems().map(|error| error.to_string()).collect::<Vec<_>>(), [told]);
    assert!(bundled.find("known").is_ok() && bundled.find("unknown").is_err());

    let own = Registry::default().with_files(files().into());
    assert!(own.problems().next().is_none());
    assert_eq!(own.remarks().map(|error| error.to_string()).collect::<Vec<_>>(), [told]);
    let techniques: Vec<_> = own.find("known").unwrap().techniques().map(|technique| technique.id).collect();
    assert_eq!(techniques, ["T1078.004", "T1562.008"]);
    let finds = |words| own.iter().filter(|report| report.mentions(words)).count();
    assert_eq!(
        (finds("cloud logs"), finds("t1562.008"), finds("valid accounts"), finds("t1999")),
        (1, 0, 2, 1)
    );
}

#[test]
fn names_like_the_wrong_one_are_suggested() {
    let names = ["access_keys_created", "root_console_sign_ins", "trail_changes", "user_activity"];
    let near = |wrong| nearest(wrong, names.into_iter());
    assert_eq!(near("acess_key_created"), ["access_keys_created"]);
    assert_eq!(near("sign_ins"), ["root_console_sign_ins"]);
    assert_eq!(near("Trail"), ["trail_changes"]);
    assert!(near("zzz").is_empty());
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), lines in prop::collection::vec(
        prop_oneof![
            Just("-- title: T".to_owned()), Just("-- description: D.".to_owned()), Just("-- severity: low".to_owned()),
            Just("--".to_owned()), Just("-- param: x text = NULL -- help".to_owned()), Just("SELECT $x".to_owned()),
            "-- [a-z]{1,6}:.{0,30}", "-- param: .{0,40}", ".{0,30}",
        ],
        0..12,
    )) {
        let _ = read(&text).map(|report| report.sql().len());
        let _ = read(&lines.join("\n")).map(|report| report.sql().len());
        let _ = read(&lines.join("\r\n")).map(|report| report.sql().len());
    }

    #[test]
    fn what_is_written_is_read(
        title in "[A-Za-z][ -~]{0,30}[a-z]",
        severity in 0..SEVERITIES.len(),
        names in prop::collection::btree_set("[a-z][a-z0-9_]{0,10}", 0..5),
        kind in 0..TYPES.len(),
        default in "[ -~]{0,20}",
        notes in prop::collection::vec("[!-~][ -~]{0,20}[!-~]", 0..4),
    ) {
        let severity = SEVERITIES[severity];
        let mut text = format!("-- title: {title}\n-- description: D.\n-- severity: {severity}\n");
        let quoted = format!("'{}'", default.replace('\'', "''"));
        for name in &names {
            text += &format!("-- param: {name} {} = {quoted} -- Help -- more\n", TYPES[kind].0);
        }
        text += "--\n";
        text.extend(notes.iter().map(|note| format!("-- {note}\n")));
        let used: Vec<_> = names.iter().map(|name| format!("${name}")).collect();
        text += &format!("SELECT 1 WHERE {}\n", if used.is_empty() { "true".into() } else { used.join(" = ") });
        let report = read(&text).unwrap();
        prop_assert_eq!(&report.header.title, title.trim());
        prop_assert_eq!(report.header.severity, severity);
        prop_assert_eq!(report.header.notes, notes.join("\n"));
        for (param, name) in report.header.params.iter().zip(&names) {
            prop_assert_eq!(&param.name, name);
            prop_assert_eq!(param.kind, TYPES[kind].1);
            prop_assert!(matches!(
                param.default.as_ref().unwrap(),
                Expr::Value(value) if value.value == Value::SingleQuotedString(default.clone())
            ));
            prop_assert_eq!(&param.help, "Help -- more");
        }
    }
}
