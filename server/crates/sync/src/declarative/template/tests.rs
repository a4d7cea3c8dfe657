//! Every template of `tests/cases.json` gives what the Python runtime (airbyte-cdk 7.39) gave for it, in all three ways a
//! manifest is rendered. The clock stands still; the context is `tests/context.json`.

use serde_json::Value;
use time::macros::datetime;

use super::*;

fn outcome(result: Result<Value, TemplateError>) -> Value {
    match result {
        Ok(value) => serde_json::json!({ "value": value }),
        Err(error) => serde_json::json!({ "error": error.to_string() }),
    }
}

/// Numbers by value, errors by being errors; nothing that JSON does not have can be compared.
fn agrees(ours: &Value, python: &Value) -> bool {
    if python.get("error").is_some() {
        return ours.get("error").is_some();
    }
    python.get("odd").is_some() || ours == python
}

#[test]
fn templates_give_what_the_python_runtime_gives() {
    let context: Value = serde_json::from_str(include_str!("tests/context.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(include_str!("tests/cases.json")).unwrap();
    let slice = &context["stream_slice"];
    let part = |name: &str| slice[name].as_object().unwrap();
    let scope = Scope::of(&context["config"], &context["parameters"])
        .json("record", &context["record"])
        .json("response", &context["response"])
        .json("headers", &context["headers"])
        .json("next_page_token", &context["next_page_token"])
        .json("last_page_size", &context["last_page_size"])
        .with(
            "stream_slice",
            Binding::Slice(SliceView {
                partition: part("partition"),
                cursor: part("cursor"),
                extra: part("extra"),
            }),
        )
        .at(datetime!(2024-02-29 13:14:15.161718 UTC));
    let mut wrong = Vec::new();
    for case in &cases {
        let source = case["template"].as_str().unwrap();
        let compiled = Template::compile(source);
        let with = |render: &dyn Fn(&Template) -> Result<Value, TemplateError>| {
            outcome(compiled.as_ref().map_err(Clone::clone).and_then(render))
        };
        let ours = [
            ("string", with(&|template| template.render(&scope))),
            (
                "bool",
                with(&|template| template.render_bool(&scope).map(Value::Bool)),
            ),
            (
                "entry",
                with(&|template| template.render_entry(&scope, Types::REQUEST)),
            ),
        ];
        for (way, ours) in ours {
            if !agrees(&ours, &case[way]) {
                wrong.push(format!(
                    "{source:?} {way}: {ours} but Python: {}",
                    case[way]
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(cases.len() > 700);
}

#[test]
fn endless_and_circular_templates_are_stopped() {
    let nested = |open: &str, close: &str, times: usize| {
        format!("{{{{ {}1{} }}}}", open.repeat(times), close.repeat(times))
    };
    let chain = |link: &str, times: usize| format!("{{{{ config{} }}}}", link.repeat(times));
    let loops = "{% for a in x %}{% for b in x %}{% for c in x %}{{ c }}{% endfor %}{% endfor %}{% endfor %}";
    for source in [
        nested("(", ")", 100),
        nested("[", "]", 100),
        nested("not ", "", 5000),
        nested("-", "", 5000),
        chain(".a", 1900),
        chain("+1", 1900),
        chain("|upper", 1900),
        "{% if true %}".repeat(60) + &"{% endif %}".repeat(60),
        format!("{{% set x = 'a' * 1000 %}}{loops}"),
        "{{ 'a' * 999999999999 }}".to_owned(),
        "{{ [0] * 999999999 }}".to_owned(),
        "{{ 'x'.ljust(9999999999) }}".to_owned(),
        "{{ '%999999999d' % 1 }}".to_owned(),
        "{{ 9 ** 999 }}".to_owned(),
        "{% set x = 'ab' %}".to_owned() + &"{% set x = x ~ x ~ x ~ x %}".repeat(30) + "{{ x }}",
        "{% set a = [] %}{% set _ = a.append(a) %}{{ a }}".to_owned(),
        "{% set a = [] %}{% set b = [a] %}{% set _ = a.append(b) %}{{ a }}".to_owned(),
        "{% set n = namespace() %}{% set n.n = n %}{{ n }}".to_owned(),
        "{% set n = namespace(x=[]) %}{% for i in 'a' * 99 %}{% set n.x = [n.x] %}{% endfor %}"
            .to_owned(),
        r"{{ ('a' * 40 ~ 'c') | regex_search('(?:(a+)+)+\\1b') }}".to_owned(),
    ] {
        let config = serde_json::json!({});
        let scope = Scope::new().json("config", &config);
        let result = Template::compile(&source).and_then(|template| template.render(&scope));
        let short: String = source.chars().take(80).collect();
        match result {
            Err(TemplateError::Limit(_) | TemplateError::Value(_)) => {}
            other => panic!("{short}: {other:?}"),
        }
    }
}

#[test]
fn what_calls_itself_without_end_is_stopped() {
    let own = "{% macro m(x) %}{{ m(x + 1) }}{% endmacro %}{{ m(1) }}";
    let each_other =
        "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}";
    let default = "{% macro m(x=m()) %}{% endmacro %}{{ m() }}";
    let often = "{% macro m(n) %}{% if n < 10000 %}{{ n }}{{ m(n + 1) }}{% endif %}{% endmacro %}{{ m(0) }}";
    let twice = "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(24) }}";
    let round = "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}";
    let block = "{% block b %}{{ self.b() }}{% endblock %}";
    let called = "{% macro m() %}{% call m() %}{% endcall %}{{ caller() }}{% endmacro %}{% call m() %}{% endcall %}";
    let circular = "{% set l = [] %}{% set c = cycler(l) %}{% set _ = l.append(c) %}{{ c }}";
    let watched = "{% set l = [] %}{% for x in [1] %}{% set _ = l.append(loop) %}{{ loop.changed(l) }}{% endfor %}";
    let viewed = "{% set d = {} %}{% set _ = d.update({'v': d.items()}) %}{{ d }}";
    let wide = "{% macro m(x) %}{{ x }}{{ x }}{% endmacro %}{% set x = 'ab' * 1000 %}{% for i in 'a' * 20 %}{% for j in 'a' * 999 %}{{ m(x) }}{% endfor %}{% endfor %}";
    for source in [
        own, each_other, default, often, twice, round, block, called, circular, watched, viewed,
        wide,
    ] {
        match Template::compile(source).and_then(|template| template.render(&Scope::new())) {
            Err(TemplateError::Limit(_)) => {}
            other => panic!("{source}: {other:?}"),
        }
    }
}

#[test]
fn a_macro_is_known_where_it_was_written_and_only_as_long() {
    let rendered = |source: &str| {
        Template::compile(source).and_then(|template| template.render_str(&Scope::new()))
    };
    // what stands around the call is not what stands around the macro
    let seen =
        "{% macro m() %}{{ x is defined }}{% endmacro %}{% for x in [1] %}{{ m() }}{% endfor %}";
    assert_eq!(rendered(seen).as_deref(), Ok("False"));
    let kept = "{% set ns = namespace() %}{% for i in [1] %}{% macro m() %}{{ i }}{% endmacro %}{% set ns.m = m %}{% endfor %}{{ ns.m() }}";
    assert!(matches!(rendered(kept), Err(TemplateError::Unsupported(_))));
}

#[test]
fn one_item_of_several_is_drawn() {
    let template = Template::compile("{{ ['a', 'b', 'c'] | random }}").unwrap();
    let drawn = |_| template.render_str(&Scope::new()).unwrap();
    let seen: std::collections::BTreeSet<String> = (0..200).map(drawn).collect();
    assert_eq!(seen.into_iter().collect::<String>(), "abc");
}

#[test]
fn deep_templates_that_are_allowed_fit_the_stack() {
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(38), ")".repeat(38));
    let template = Template::compile(&deep).unwrap();
    assert_eq!(template.render(&Scope::new()), Ok(serde_json::json!(1)));
    let sum = format!("{{{{ 0{} }}}}", "+1".repeat(140));
    let template = Template::compile(&sum).unwrap();
    assert_eq!(template.render(&Scope::new()), Ok(serde_json::json!(140)));
}

/// Pieces of templates, so that random ones get past the parser now and then.
const PIECES: [&str; 72] = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "-",
    "+",
    " ",
    "config",
    ".key",
    "['key']",
    "[0]",
    "[1:]",
    "[::-1]",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "|",
    "~",
    "*",
    "**",
    "//",
    "%",
    "==",
    "<",
    " in ",
    " not ",
    " and ",
    " or ",
    " is ",
    "defined",
    "upper",
    "map('upper')",
    "join(',')",
    "sort",
    "int",
    "format_datetime(",
    "now_utc()",
    "duration('P1M')",
    "'%s'",
    "'{}'.format(",
    "'é'",
    "\"\\x\"",
    "5",
    "1.5e3",
    "0x",
    "none",
    "if true ",
    "else",
    "endif",
    "for x in ",
    "endfor",
    "set x = ",
    "äöü",
    "{% macro m(x=1) %}",
    "{% endmacro %}",
    "{% call m() %}",
    "{% endcall %}",
    "{% block b %}",
    "{% endblock %}",
    "m(",
    "caller()",
    "self.b()",
    "loop.",
    "loop(",
    " recursive ",
];

proptest::proptest! {
    #[test]
    fn random_templates_never_crash(picks in proptest::collection::vec(0..PIECES.len(), 0..14)) {
        let inner: String = picks.iter().map(|pick| PIECES[*pick]).collect();
        let config = serde_json::json!({"key": ["a", "b"]});
        let scope = Scope::new().json("config", &config);
        for source in [inner.clone(), format!("{{{{ {inner} }}}}"), format!("{{{{ config{inner} }}}}")] {
            if let Ok(template) = Template::compile(&source) {
                let _ = template.render(&scope);
                let _ = template.render_bool(&scope);
            }
        }
    }

    #[test]
    fn random_texts_never_crash(text in ".{0,40}") {
        let config = serde_json::json!({ "text": text });
        let scope = Scope::new().json("config", &config);
        let _ = Template::compile(&text).and_then(|template| template.render(&scope));
        for filter in [
            "int", "float", "base64decode", "title", "striptags", "urlencode", "tojson", "timestamp",
            "wordwrap(3)", "wordwrap(3, false)", "urlize", "pprint", "random",
        ] {
            let source = format!("{{{{ config.text | {filter} }}}}");
            let _ = Template::compile(&source).and_then(|template| template.render(&scope));
        }
        for source in [
            "{{ config.text }}", "{{ timestamp(config.text) }}", "{{ duration(config.text) }}",
            "{{ config.text % 5 }}", "{{ config.text.format(5) }}", "{{ '{:x}'.format(config.text) }}",
            "{{ now_utc().strftime(config.text) }}", "{{ 'a' | regex_search(config.text) }}",
            "{{ 'a' | regex_replace('a', config.text) }}", "{{ config.text.split() }}",
            "{{ config.text[1:-1:2] }}", "{{ format_datetime(config.text, '%Y', '%Y-%m') }}",
            "{{ format_datetime('2021-02-03', config.text) }}", "{{ config.text.zfill(30) }}",
            "{{ now_utc() - duration(config.text) }}", "{{ '{:' ~ config.text ~ '}' }}",
        ] {
            let _ = Template::compile(source).and_then(|template| template.render(&scope));
        }
    }

    #[test]
    fn random_literals_never_crash(text in "[-+0-9a-fxo_.eE'\"\\\\\\[\\](){}:, #NTFr]{0,24}") {
        let _ = Template::compile("{{ t }}").and_then(|template| {
            template.render(&Scope::new().with("t", Binding::Text(&text)))
        });
    }
}
