use super::*;

const CHATML: &str = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nBe brief.<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
const LLAMA3: &str = "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}";
const DEEPSEEK: &str = "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% set ns = namespace(is_first=false, system_prompt='') %}{%- for message in messages %}{%- if message['role'] == 'system' %}{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor %}{{bos_token}}{{ns.system_prompt}}{%- for message in messages %}{%- if message['role'] == 'user' %}{{'<｜User｜>' + message['content']}}{%- endif %}{%- if message['role'] == 'assistant' and message['content'] is not none %}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}{%- endif %}{%- endfor -%}{% if add_generation_prompt %}{{'<｜Assistant｜><think>\\n'}}{% endif %}";
const QWEN3: &str = r"{%- if tools %}
    {{- '<tools>' }}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == 'user' and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {%- set reasoning_content = '' %}
        {%- set content = message.content %}
        {%- if '</think>' in content %}
            {%- set reasoning_content = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index %}
            {{- '<|im_start|>' + message.role + '\n<think>\n' + reasoning_content.strip('\n') + '\n</think>\n\n' + content.lstrip('\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\n\n</think>\n\n' }}
    {%- endif %}
{%- endif %}";

fn talk() -> Vec<ChatMessage> {
    let assistant = ChatMessage {
        role: Role::Assistant,
        content: "<think>\nadd\n</think>\n\nFour.".to_owned(),
    };
    vec![
        ChatMessage::user("2 + 2?"),
        assistant,
        ChatMessage::user("And 3 + 3?"),
    ]
}

fn render(source: &str, messages: &[ChatMessage]) -> Result<String, TemplateError> {
    ChatTemplate::from_source(source, Some("<BOS>".to_owned()), None)?.render(messages, true)
}

#[test]
fn chatml() {
    let text = render(CHATML, &[ChatMessage::user("Hi")]).unwrap();
    assert_eq!(
        text,
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    );
}

#[test]
fn llama3() {
    let text = render(LLAMA3, &[ChatMessage::user(" Hi ")]).unwrap();
    assert_eq!(
        text,
        "<BOS><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    );
}

#[test]
fn deepseek_drops_old_reasoning_and_opens_the_new() {
    let text = render(DEEPSEEK, &talk()).unwrap();
    assert_eq!(
        text,
        "<BOS><｜User｜>2 + 2?<｜Assistant｜>\n\nFour.<｜end▁of▁sentence｜><｜User｜>And 3 + 3?<｜Assistant｜><think>\n"
    );
}

#[test]
fn qwen3_with_pythons_slices_and_strips() {
    let text = render(QWEN3, &talk()).unwrap();
    assert_eq!(
        text,
        "<|im_start|>user\n2 + 2?<|im_end|>\n<|im_start|>assistant\nFour.<|im_end|>\n<|im_start|>user\nAnd 3 + 3?<|im_end|>\n<|im_start|>assistant\n"
    );
    let text = render(QWEN3, &talk()[..2]).unwrap();
    assert!(
        text.contains("assistant\n<think>\nadd\n</think>\n\nFour.<|im_end|>"),
        "{text}"
    );
}

#[test]
fn the_reasoner_opens_its_thought() {
    let config = include_bytes!("../../assets/reasoner/tokenizer_config.json");
    let template = ChatTemplate::from_tokenizer_config(config, None).unwrap();
    assert!(!template.is_plain());
    let text = template
        .render(&[ChatMessage::user("What is 12 + 345?")], true)
        .unwrap();
    assert_eq!(text, "<|user|>What is 12 + 345?<|assistant|><think>\n");
    let text = template.render(&talk()[..2], false).unwrap();
    assert_eq!(
        text,
        "<|user|>2 + 2?<|assistant|><think>\nadd\n</think>\n\nFour.<|end|>"
    );
}

#[test]
fn without_a_template_the_prompt_stands_alone() {
    for template in [
        ChatTemplate::from_tokenizer_config(b"{}", None).unwrap(),
        ChatTemplate::from_gguf_metadata(&HashMap::new()).unwrap(),
        ChatTemplate::from_folder(tempfile::tempdir().unwrap().path()).unwrap(),
    ] {
        assert!(template.is_plain());
        assert_eq!(
            template.render(&[ChatMessage::user("Hi")], true).unwrap(),
            "Hi"
        );
        assert_eq!(
            template
                .render(&[ChatMessage::user("a"), ChatMessage::user("b")], true)
                .unwrap(),
            "a\n\nb"
        );
    }
}

#[test]
fn a_list_of_templates_uses_its_default_and_a_jinja_file_wins() {
    let list = br#"{"chat_template":[{"name":"tool","template":"T"},{"name":"default","template":"D{{ eos_token }}"}],"eos_token":{"content":"E"}}"#;
    let rendered = |config: &[u8], jinja| {
        ChatTemplate::from_tokenizer_config(config, jinja)?.render(&[], true)
    };
    assert_eq!(rendered(list, None).unwrap(), "DE");
    assert_eq!(rendered(list, Some("J{{ eos_token }}")).unwrap(), "JE");
    assert_eq!(
        rendered(
            br#"{"chat_template":[{"name":"tool","template":"T"}]}"#,
            None
        )
        .unwrap(),
        "T"
    );
    let nameless =
        br#"{"chat_template":[{"name":"rag","template":""},{"name":"tool","template":""}]}"#;
    let error = rendered(nameless, None).unwrap_err().to_string();
    assert!(error.contains("rag, tool"), "{error}");

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tokenizer_config.json"), list).unwrap();
    std::fs::write(folder.path().join("chat_template.jinja"), "J").unwrap();
    assert_eq!(
        ChatTemplate::from_folder(folder.path())
            .unwrap()
            .render(&[], true)
            .unwrap(),
        "J"
    );
}

#[test]
fn a_gguf_template_gets_the_texts_of_its_special_tokens() {
    let metadata = HashMap::from([
        (
            "tokenizer.chat_template".to_owned(),
            Value::String("{{ bos_token }}|{{ eos_token }}|".to_owned()),
        ),
        (
            "tokenizer.ggml.tokens".to_owned(),
            Value::Array(vec![Value::String("<s>".to_owned())]),
        ),
        ("tokenizer.ggml.bos_token_id".to_owned(), Value::U32(0)),
        ("tokenizer.ggml.eos_token_id".to_owned(), Value::U32(5)),
    ]);
    let template = ChatTemplate::from_gguf_metadata(&metadata).unwrap();
    assert_eq!(
        template.render(&[], true).unwrap(),
        "<s>||",
        "an id outside the vocabulary has no text"
    );
}

#[test]
fn blocks_are_trimmed_as_in_transformers() {
    let source =
        "{% for m in messages %}\n  {% if true %}\n{{ m.content }}\n  {% endif %}\n{% endfor %}\n";
    assert_eq!(render(source, &talk()[..1]).unwrap(), "2 + 2?\n");
}

#[test]
fn loops_can_be_cut_short() {
    let source = "{% for m in messages %}{% if m.role == 'assistant' %}{% continue %}{% endif %}{% if loop.index == 3 %}{% break %}{% endif %}{{ m.content }}{% endfor %}";
    assert_eq!(render(source, &talk()).unwrap(), "2 + 2?");
}

#[test]
fn tools_are_none_and_unset_tokens_undefined() {
    let source = "{% if tools is not none %}tools{% endif %}{% if eos_token is defined %}eos{% endif %}[{{ eos_token }}]";
    assert_eq!(render(source, &[]).unwrap(), "[]");
}

#[test]
fn generation_marks_write_nothing() {
    let source = "a {%- generation -%} b{% endgeneration %}\n{% set x = 1 %}{{ x }}{% raw";
    assert_eq!(
        without_generation_tags("a{%- generation -%} b"),
        "a{#- generation -#} b"
    );
    assert!(without_generation_tags(source).ends_with("{{ x }}{% raw"));
    assert_eq!(
        render("a {%- generation -%} b{% endgeneration %}\nc", &[]).unwrap(),
        "abc"
    );
}

#[test]
fn json_is_written_as_python_writes_it() {
    let source = "{{ {'a': [1, 'é<'], 'b': none} | tojson }}{{ [1] | tojson(indent=1) }}";
    assert_eq!(
        render(source, &[]).unwrap(),
        "{\"a\": [1, \"é<\"], \"b\": null}[\n 1\n]"
    );
    assert!(render("{{ [1] | tojson(indent=900000) }}", &[]).is_err());
}

#[test]
fn the_date_is_this_century() {
    assert!(
        render("{{ strftime_now('%d %b %Y') }}", &[])
            .unwrap()
            .contains(" 20")
    );
}

#[test]
fn a_template_may_refuse_and_its_reason_is_shown() {
    let error = render("{{ raise_exception('Roles must alternate') }}", &[]).unwrap_err();
    assert!(matches!(error, TemplateError::Render(_)));
    assert!(
        error.to_string().contains("Roles must alternate"),
        "{error}"
    );
}

#[test]
fn an_endless_template_ends_in_a_clear_error() {
    for source in [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
        "{{ 'x' * 9000000000 }}",
    ] {
        let error = render(source, &[]).unwrap_err();
        assert!(
            matches!(error, TemplateError::OutOfFuel | TemplateError::Render(_)),
            "{source} ended as {error}"
        );
    }
    let error = render(
        "{% for a in range(90000) %}{% for b in range(90000) %}.{% endfor %}{% endfor %}",
        &[],
    )
    .unwrap_err();
    assert!(matches!(error, TemplateError::OutOfFuel), "{error}");
}

#[test]
fn a_broken_template_is_named_at_once() {
    let error = ChatTemplate::from_source("{% if %}", None, None).unwrap_err();
    assert!(error.to_string().contains("cannot be parsed"), "{error}");
    let error = ChatTemplate::from_tokenizer_config(b"[", None).unwrap_err();
    assert!(
        error.to_string().contains("tokenizer_config.json"),
        "{error}"
    );
}
