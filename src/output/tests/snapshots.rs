//! How one awkward result looks in each text format.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::Int64Array;
use arrow::array::RecordBatch;
use arrow::array::StringViewArray;

use super::samples::PIPE;
use super::samples::awkward;
use super::samples::stream;
use super::samples::text;
use crate::output::Format;
use crate::output::Look;
use crate::output::write_as;

#[tokio::test]
async fn csv_as_text() {
    insta::assert_snapshot!(text("csv", &PIPE, &awkward()).await.replace('\x1b', "<ESC>"), @r#"
    event_time,event_date,user_agent,city,request,tags,n,n_2,cost,ok,pair,found
    2026-09-17T08:14:05Z,2026-09-17,"say ""hi"",
    <ESC>[31mred|<b>",東京 👩‍💻,"{""k"":[1,""é""]}","[""a\""b"",null]",9007199254740993,NaN,-12.50,true,"{""at"":""2026-09-17T08:14:05Z"",""map"":{""k\n"":""v""}}",5
    2026-09-17T08:14:05.250Z,,"",,null,[],-1,-0.5,0.07,false,"{""at"":""2026-09-17T08:14:05.250Z"",""map"":{}}","x=""y"""
    ,1970-01-01,,a	b\c,,,,,,,"{""at"":null,""map"":null}",
    "#);
}

#[tokio::test]
async fn tsv_as_text() {
    insta::assert_snapshot!(text("tsv", &PIPE, &awkward()).await.replace('\x1b', "<ESC>").replace('\t', "<TAB>"), @r#"
    event_time<TAB>event_date<TAB>user_agent<TAB>city<TAB>request<TAB>tags<TAB>n<TAB>n_2<TAB>cost<TAB>ok<TAB>pair<TAB>found
    2026-09-17T08:14:05Z<TAB>2026-09-17<TAB>say "hi",\n<ESC>[31mred|<b><TAB>東京 👩‍💻<TAB>{"k":[1,"é"]}<TAB>["a\\"b",null]<TAB>9007199254740993<TAB>NaN<TAB>-12.50<TAB>true<TAB>{"at":"2026-09-17T08:14:05Z","map":{"k\\n":"v"}}<TAB>5
    2026-09-17T08:14:05.250Z<TAB><TAB><TAB><TAB>null<TAB>[]<TAB>-1<TAB>-0.5<TAB>0.07<TAB>false<TAB>{"at":"2026-09-17T08:14:05.250Z","map":{}}<TAB>x="y"
    <TAB>1970-01-01<TAB><TAB>a\tb\\c<TAB><TAB><TAB><TAB><TAB><TAB><TAB>{"at":null,"map":null}<TAB>
    "#);
}

#[tokio::test]
async fn json_as_text() {
    insta::assert_snapshot!(text("json", &PIPE, &awkward()).await, @r#"
    [
    {"event_time":"2026-09-17T08:14:05Z","event_date":"2026-09-17","user_agent":"say \"hi\",\n\u001b[31mred|<b>","city":"東京 👩‍💻","request":"{\"k\":[1,\"é\"]}","tags":["a\"b",null],"n":9007199254740993,"n_2":null,"cost":-12.50,"ok":true,"pair":{"at":"2026-09-17T08:14:05Z","map":{"k\n":"v"}},"found":5},
    {"event_time":"2026-09-17T08:14:05.250Z","event_date":null,"user_agent":"","city":null,"request":"null","tags":[],"n":-1,"n_2":-0.5,"cost":0.07,"ok":false,"pair":{"at":"2026-09-17T08:14:05.250Z","map":{}},"found":"x=\"y\""},
    {"event_time":null,"event_date":"1970-01-01","user_agent":null,"city":"a\tb\\c","request":null,"tags":null,"n":null,"n_2":null,"cost":null,"ok":null,"pair":{"at":null,"map":null},"found":null}
    ]
    "#);
}

#[tokio::test]
async fn ndjson_as_text() {
    insta::assert_snapshot!(text("ndjson", &PIPE, &awkward()).await, @r#"
    {"event_time":"2026-09-17T08:14:05Z","event_date":"2026-09-17","user_agent":"say \"hi\",\n\u001b[31mred|<b>","city":"東京 👩‍💻","request":"{\"k\":[1,\"é\"]}","tags":["a\"b",null],"n":9007199254740993,"n_2":null,"cost":-12.50,"ok":true,"pair":{"at":"2026-09-17T08:14:05Z","map":{"k\n":"v"}},"found":5}
    {"event_time":"2026-09-17T08:14:05.250Z","event_date":null,"user_agent":"","city":null,"request":"null","tags":[],"n":-1,"n_2":-0.5,"cost":0.07,"ok":false,"pair":{"at":"2026-09-17T08:14:05.250Z","map":{}},"found":"x=\"y\""}
    {"event_time":null,"event_date":"1970-01-01","user_agent":null,"city":"a\tb\\c","request":null,"tags":null,"n":null,"n_2":null,"cost":null,"ok":null,"pair":{"at":null,"map":null},"found":null}
    "#);
}

#[tokio::test]
async fn markdown_as_text() {
    insta::assert_snapshot!(text("markdown", &PIPE, &awkward()).await, @r#"
    | event_time | event_date | user_agent | city | request | tags | n | n_2 | cost | ok | pair | found |
    | --- | --- | --- | --- | --- | --- | ---: | ---: | ---: | --- | --- | --- |
    | 2026-09-17T08:14:05Z | 2026-09-17 | say "hi",<br>\\x1b\[31mred\|\<b> | 東京 👩‍💻 | {"k":\[1,"é"\]} | \["a\\"b",null\] | 9007199254740993 | NaN | -12.50 | true | {"at":"2026-09-17T08:14:05Z","map":{"k\\n":"v"}} | 5 |
    | 2026-09-17T08:14:05.250Z | | | | null | \[\] | -1 | -0.5 | 0.07 | false | {"at":"2026-09-17T08:14:05.250Z","map":{}} | x="y" |
    | | 1970-01-01 | | a\\tb\\c | | | | | | | {"at":null,"map":null} | |
    "#);
}

#[tokio::test]
async fn vertical_as_text() {
    insta::assert_snapshot!(text("vertical", &PIPE, &awkward()).await, @r#"
    -[ RECORD 1 ]---------------------------
    event_time | 2026-09-17T08:14:05Z
    event_date | 2026-09-17
    user_agent | say "hi",\n\x1b[31mred|<b>
    city       | 東京 👩‍💻
    request    | {"k":[1,"é"]}
    tags       | ["a\"b",null]
    n          | 9007199254740993
    n_2        | NaN
    cost       | -12.50
    ok         | true
    pair       | {"at":"2026-09-17T08:14:05Z","map":{"k\n":"v"}}
    found      | 5
    -[ RECORD 2 ]---------------------------
    event_time | 2026-09-17T08:14:05.250Z
    event_date |
    user_agent |
    city       |
    request    | null
    tags       | []
    n          | -1
    n_2        | -0.5
    cost       | 0.07
    ok         | false
    pair       | {"at":"2026-09-17T08:14:05.250Z","map":{}}
    found      | x="y"
    -[ RECORD 3 ]---------------------------
    event_time |
    event_date | 1970-01-01
    user_agent |
    city       | a\tb\c
    request    |
    tags       |
    n          |
    n_2        |
    cost       |
    ok         |
    pair       | {"at":null,"map":null}
    found      |
    (3 rows)
    "#);
}

#[tokio::test]
async fn html_as_text() {
    insta::assert_snapshot!(text("html", &PIPE, &awkward()).await, @r#"
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <title>trailql</title>
    <style>
    body { font: 14px system-ui, sans-serif; margin: 1.5em }
    table { border-collapse: collapse }
    th, td { border: 1px solid #ccc; padding: .2em .5em; text-align: left; vertical-align: top }
    th { background: #f4f4f4; position: sticky; top: 0 }
    td { font-family: ui-monospace, monospace; max-width: 60em; overflow-wrap: anywhere; white-space: pre-wrap }
    .number { text-align: right }
    .null::after { color: #999; content: 'NULL' }
    </style>
    </head>
    <body>
    <table>
    <thead>
    <tr><th>event_time</th><th>event_date</th><th>user_agent</th><th>city</th><th>request</th><th>tags</th><th class="number">n</th><th class="number">n_2</th><th class="number">cost</th><th>ok</th><th>pair</th><th>found</th></tr>
    </thead>
    <tbody>
    <tr><td>2026-09-17T08:14:05Z</td><td>2026-09-17</td><td>say &quot;hi&quot;,
    \x1b[31mred|&lt;b&gt;</td><td>東京 👩‍💻</td><td>{&quot;k&quot;:[1,&quot;é&quot;]}</td><td>[&quot;a\&quot;b&quot;,null]</td><td class="number">9007199254740993</td><td class="number">NaN</td><td class="number">-12.50</td><td>true</td><td>{&quot;at&quot;:&quot;2026-09-17T08:14:05Z&quot;,&quot;map&quot;:{&quot;k\n&quot;:&quot;v&quot;}}</td><td>5</td></tr>
    <tr><td>2026-09-17T08:14:05.250Z</td><td class="null"></td><td></td><td class="null"></td><td>null</td><td>[]</td><td class="number">-1</td><td class="number">-0.5</td><td class="number">0.07</td><td>false</td><td>{&quot;at&quot;:&quot;2026-09-17T08:14:05.250Z&quot;,&quot;map&quot;:{}}</td><td>x=&quot;y&quot;</td></tr>
    <tr><td class="null"></td><td>1970-01-01</td><td class="null"></td><td>a\tb\c</td><td class="null"></td><td class="null"></td><td class="null"></td><td class="null"></td><td class="null"></td><td class="null"></td><td>{&quot;at&quot;:null,&quot;map&quot;:null}</td><td class="null"></td></tr>
    </tbody>
    </table>
    <p>3 rows</p>
    </body>
    </html>
    "#);
}

#[tokio::test]
async fn csv_that_is_safe_for_spreadsheets() {
    let texts =
        ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", "plain", "", "a=b", "－1", "=a,\"b\""];
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(-1..9));
    let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values(texts));
    let batch = RecordBatch::try_from_iter([("=name", texts), ("n", numbers)]).unwrap();
    let look = Look { csv_safe: true, ..Look::from(&PIPE) };
    let mut out = Vec::new();
    let rows = stream(&batch.schema(), vec![batch]);
    write_as(rows, Format::named("csv").unwrap(), &look, &mut out).await.unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap().replace('\t', "<TAB>"), @r#"
    '=name,n
    '=1+1,-1
    '+cmd|' /C calc'!A0,0
    '-2,1
    '@SUM(A1),2
    '<TAB>=1,3
    plain,4
    "",5
    a=b,6
    '－1,7
    "'=a,""b""",8
    "#);
}
