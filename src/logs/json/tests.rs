use proptest::prelude::*;

use super::*;

fn values() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn accepts_what_serde_json_writes(value in values(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let text = text.unwrap();
        prop_assert_eq!(skip_value(text.as_bytes(), 0), Ok(text.len()));
    }

    #[test]
    fn agrees_with_serde_json_on_damaged_text(value in values(), cut: prop::sample::Index, byte: u8) {
        let mut bytes = serde_json::to_vec(&value).unwrap();
        let at = cut.index(bytes.len());
        bytes[at] = byte;
        if std::str::from_utf8(&bytes).is_ok() {
            let ours = skip_value(&bytes, 0).map(|end| skip_space(&bytes, end) == bytes.len());
            // A number too large for f64 and half a surrogate pair are JSON, though serde_json refuses them.
            if serde_json::from_slice::<&serde_json::value::RawValue>(&bytes).is_ok() && bytes[0] > b' ' {
                prop_assert_eq!(ours, Ok(true));
            } else if bytes[0] > b' ' {
                prop_assert_ne!(ours, Ok(true));
            }
        }
    }

    #[test]
    fn never_panics(bytes: Vec<u8>) {
        let _ = skip_value(&bytes, 0);
        let _ = Members::new(&bytes, 0).count();
        let _ = text(&bytes);
    }

    #[test]
    fn text_round_trips(value: String) {
        let mut raw = Vec::new();
        write_text(&mut raw, &value);
        prop_assert_eq!(text(&raw).unwrap(), value.as_str());
        prop_assert_eq!(serde_json::from_slice::<String>(&raw).unwrap(), value.clone());
        let escaped: String = value.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
        let raw = format!("\"{escaped}\"");
        prop_assert_eq!(text(raw.as_bytes()).unwrap(), value.as_str());
    }
}

#[test]
fn a_fault_names_the_token() {
    let fault = |text: &str| skip_value(text.as_bytes(), 0).unwrap_err();
    assert_eq!(fault(r#"{"a":"b"#), Fault { at: 7, token: 5, reason: Reason::Truncated });
    assert_eq!(fault("[1,\"a\nb\"]"), Fault { at: 5, token: 3, reason: Reason::ControlCharacter });
    assert_eq!(fault("[1}"), Fault { at: 2, token: 2, reason: Reason::Unexpected });
    assert_eq!(fault(&"[".repeat(200)).reason, Reason::TooDeep);
    assert_eq!(text(br#""\ud800""#), None);
}

#[test]
fn members_walk_objects_and_arrays() {
    let input = br#"{ "a" : 1 , "b":[ "x" , {} ] }"#;
    let members: Vec<_> = Members::new(input, 0).map(|member| member.unwrap()).collect();
    assert_eq!(members.len(), 2);
    assert_eq!(members[0].key.of(input), br#""a""#);
    assert_eq!(members[1].value.of(input), br#"[ "x" , {} ]"#);
    assert_eq!(Members::new(input, members[1].value.start).count(), 2);
}
