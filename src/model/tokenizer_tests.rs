use proptest::prelude::*;

use super::*;

const JSON: &[u8] = include_bytes!("../../assets/reasoner/tokenizer.json");
const TOKENIZER_CONFIG: &[u8] = include_bytes!("../../assets/reasoner/tokenizer_config.json");

fn reasoner() -> Tokenizer {
    Tokenizer::from_files(TokenizerFiles {
        tokenizer: JSON,
        tokenizer_config: Some(TOKENIZER_CONFIG),
        config: Some(include_bytes!("../../assets/reasoner/config.json")),
        generation_config: None,
    })
    .unwrap()
}

#[test]
fn the_reasoner_matches_the_reference_tokenizer() {
    // Ids from the Python `tokenizers` package 0.23 on the same file.
    let tokenizer = reasoner();
    for (text, ids) in [
        (
            "<|user|>What is 12 + 345?<|assistant|><think>\n",
            &[1, 382, 280, 225, 21, 22, 269, 23, 24, 25, 35, 2, 3, 203][..],
        ),
        (
            "<|user|>Tom has 3 apples.<|assistant|><think>\nWait, 3 + 4 = 7.</think>The answer is 7.<|end|>",
            &[
                1, 56, 782, 376, 225, 23, 758, 18, 2, 3, 203, 348, 16, 225, 23, 269, 24, 262, 27,
                18, 4, 301, 325, 280, 225, 27, 18, 0,
            ],
        ),
    ] {
        assert_eq!(
            tokenizer.encode(text, TextStart::Document).unwrap(),
            ids,
            "{text:?}"
        );
        assert_eq!(tokenizer.decode(ids), text);
    }
}

#[test]
fn the_reasoner_knows_its_special_tokens() {
    let tokenizer = reasoner();
    assert_eq!(tokenizer.eos_ids(), [0]);
    assert!(tokenizer.is_eos(0) && !tokenizer.is_eos(1));
    assert_eq!(tokenizer.bos(), None);
    assert_eq!(tokenizer.vocab_size(), 1024);
    assert_eq!(tokenizer.token_to_id("</think>"), Some(4));
    assert_eq!(tokenizer.token_to_id("<nothing>"), None);
}

#[test]
fn the_first_special_token_that_a_text_spells_out_is_found() {
    let tokenizer = reasoner();
    let found = |text| tokenizer.special_token_in(text);
    assert_eq!(found("2 < 3 and <|nothing|>"), None);
    assert_eq!(found("a </think> b <|end|>").as_deref(), Some("</think>"));
}

/// A two-token vocabulary whose post-processor begins every text with `<s>`, as Llama's does.
fn with_bos(decoder: &str) -> String {
    format!(
        r#"{{"version":"1.0","truncation":{{"direction":"Right","max_length":2,"strategy":"LongestFirst","stride":0}},
        "padding":null,"normalizer":null,"pre_tokenizer":null,
        "added_tokens":[{{"id":2,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}},
          {{"id":3,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}}],
        "post_processor":{{"type":"TemplateProcessing","single":[{{"SpecialToken":{{"id":"<s>","type_id":0}}}},{{"Sequence":{{"id":"A","type_id":0}}}}],
          "pair":[{{"Sequence":{{"id":"A","type_id":0}}}}],"special_tokens":{{"<s>":{{"id":"<s>","ids":[2],"tokens":["<s>"]}}}}}},
        "decoder":{decoder},
        "model":{{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,
          "byte_fallback":false,"vocab":{{"a":0,"b":1}},"merges":[]}}}}"#
    )
}

const BYTE_LEVEL: &str =
    r#"{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"#;

#[test]
fn a_document_begins_with_bos_once_and_a_rendered_prompt_as_written() {
    let tokenizer = Tokenizer::from_json_bytes(with_bos(BYTE_LEVEL).as_bytes()).unwrap();
    assert_eq!(tokenizer.bos(), Some(2));
    assert_eq!(
        tokenizer.encode("abba", TextStart::Document).unwrap(),
        [2, 0, 1, 1, 0],
        "and nothing is truncated"
    );
    assert_eq!(
        tokenizer.encode("<s>ab", TextStart::Document).unwrap(),
        [2, 0, 1],
        "no second bos"
    );
    assert_eq!(
        tokenizer.encode("ab", TextStart::AsWritten).unwrap(),
        [0, 1]
    );
    assert_eq!(tokenizer.vocab_size(), 4);
    assert_eq!(
        tokenizer.decode(&[2, 0, 5, 3, 4_000_000_000]),
        "<s>a</s>",
        "padded ids write nothing"
    );
}

#[test]
fn end_tokens_are_the_union_of_what_the_files_say() {
    let json = with_bos(BYTE_LEVEL);
    let files = TokenizerFiles {
        tokenizer: json.as_bytes(),
        tokenizer_config: Some(br#"{"eos_token":{"content":"</s>"},"bos_token":"<s>"}"#),
        config: Some(br#"{"eos_token_id":1,"bos_token_id":null}"#),
        generation_config: Some(br#"{"eos_token_id":[1,0]}"#),
    };
    let tokenizer = Tokenizer::from_files(files).unwrap();
    assert_eq!(tokenizer.eos_ids(), [0, 1, 3]);
    assert_eq!(tokenizer.bos(), Some(2));
}

#[test]
fn a_folder_is_read_with_the_files_beside_tokenizer_json() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    std::fs::write(&path, JSON).unwrap();
    assert!(
        Tokenizer::from_json_file(&path)
            .unwrap()
            .eos_ids()
            .is_empty()
    );
    std::fs::write(
        folder.path().join("generation_config.json"),
        br#"{"eos_token_id":[0,4]}"#,
    )
    .unwrap();
    assert_eq!(Tokenizer::from_json_file(&path).unwrap().eos_ids(), [0, 4]);
    std::fs::write(folder.path().join("config.json"), b"{").unwrap();
    let error = Tokenizer::from_json_file(&path).unwrap_err().to_string();
    assert!(error.starts_with("config.json cannot be used"), "{error}");
}

#[test]
fn an_added_token_whose_id_cannot_be_kept_is_an_error() {
    // The `tokenizers` crate would number it anew, and every prompt would hold a token the model never saw.
    let json = with_bos(BYTE_LEVEL).replace("\"id\":3", "\"id\":9");
    let error = Tokenizer::from_json_bytes(json.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(error.contains("`</s>`") && error.contains('9'), "{error}");
}

#[test]
fn errors_name_the_file_and_the_fault() {
    let error = Tokenizer::from_json_file(Path::new("/no/such/tokenizer.json"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("/no/such/tokenizer.json"), "{error}");
    let error = Tokenizer::from_json_bytes(b"{\"model\": 3}")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("tokenizer.json cannot be used"),
        "{error}"
    );
    for decoder in [
        "null",
        r#"{"type":"WordPiece","prefix":"b","cleanup":true}"#,
    ] {
        let error = Tokenizer::from_json_bytes(with_bos(decoder).as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains("ByteLevel and SentencePiece"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_comes_back(text in "\\PC{0,60}|[0-9 +=\n\t]{0,40}|(<think>|</think>|[a-z ]){0,20}") {
        let tokenizer = reasoner();
        let ids = tokenizer.encode(&text, TextStart::AsWritten).unwrap();
        prop_assert_eq!(tokenizer.decode(&ids), text);
    }

    #[test]
    fn streaming_equals_decoding_and_the_reference(ids in prop::collection::vec(0_u32..1000, 0..120)) {
        let tokenizer = reasoner();
        let mut stream = tokenizer.stream();
        let mut text: String = ids.iter().map(|&id| stream.push(id)).collect();
        text += &stream.finish();
        prop_assert_eq!(&text, &tokenizer.decode(&ids));
        prop_assert_eq!(text, tokenizer.inner.decode(&ids, false).unwrap());
    }
}
