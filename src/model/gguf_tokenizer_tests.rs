use std::fs::File;
use std::path::Path;

use candle_core::quantized::gguf_file::Content;

use super::super::tokenizer::TextStart;
use super::*;

type Metadata = HashMap<String, Value>;

/// A tiny byte-level vocabulary: the 256 byte characters, a few merges and three special tokens.
fn tiny(pre: &str) -> Metadata {
    let mut tokens: Vec<String> = ByteLevel::alphabet()
        .into_iter()
        .map(String::from)
        .collect();
    tokens.sort();
    let merges = ["1 2", "12 3", "Ġ a", "a b", "3 4"];
    tokens.extend(merges.iter().map(|merge| merge.replace(' ', "")));
    tokens.extend(["<|im_end|>", "<think>", "<|bos|>", "wholeword"].map(str::to_owned));
    let mut types = vec![1; tokens.len()];
    for (token, kind) in [("<|im_end|>", 3), ("<think>", 4), ("<|bos|>", 3)] {
        types[tokens.iter().position(|known| known == token).unwrap()] = kind;
    }
    let strings = |all: Vec<String>| Value::Array(all.into_iter().map(Value::String).collect());
    HashMap::from([
        (MODEL.to_owned(), Value::String("gpt2".to_owned())),
        (PRE.to_owned(), Value::String(pre.to_owned())),
        (
            BOS.to_owned(),
            Value::U32(tokens.iter().position(|token| token == "<|bos|>").unwrap() as u32),
        ),
        (TOKENS.to_owned(), strings(tokens)),
        (
            TOKEN_TYPE.to_owned(),
            Value::Array(types.into_iter().map(Value::I32).collect()),
        ),
        (
            MERGES.to_owned(),
            strings(merges.map(str::to_owned).to_vec()),
        ),
    ])
}

fn pieces(pre: &str, text: &str) -> Vec<String> {
    let tokenizer = super::super::tokenizer::Tokenizer::from_gguf_metadata(&tiny(pre)).unwrap();
    let ids = tokenizer.encode(text, TextStart::AsWritten).unwrap();
    assert_eq!(tokenizer.decode(&ids), text);
    ids.iter().map(|&id| tokenizer.decode(&[id])).collect()
}

#[test]
fn each_family_splits_digits_its_own_way() {
    assert_eq!(pieces("smollm", "1234"), ["1", "2", "3", "4"]);
    assert_eq!(pieces("qwen2", "1234"), ["1", "2", "3", "4"]);
    assert_eq!(pieces("deepseek-r1-qwen", "1234"), ["1", "2", "3", "4"]);
    assert_eq!(pieces("llama-bpe", "1234"), ["123", "4"]);
    assert_eq!(pieces("gpt-2", "1234"), ["123", "4"]);
    assert_eq!(pieces("gpt-2", "x1234"), ["x", "123", "4"]);
    assert_eq!(pieces("gpt-2", "34"), ["34"]);
    assert_eq!(pieces("llama-bpe", "112 34"), ["1", "12", " ", "34"]);
}

#[test]
fn no_space_is_put_in_front_and_words_take_theirs() {
    assert_eq!(pieces("smollm", "ab a"), ["ab", " a"]);
}

#[test]
fn llama3_looks_whole_words_up_before_merging() {
    assert_eq!(pieces("llama-bpe", "wholeword"), ["wholeword"]);
    assert_eq!(pieces("gpt-2", "wholeword").len(), 9);
}

#[test]
fn qwen_composes_accents_first() {
    let decomposed = "e\u{301}";
    let tokenizer = super::super::tokenizer::Tokenizer::from_gguf_metadata(&tiny("qwen2")).unwrap();
    assert_eq!(
        tokenizer.decode(&tokenizer.encode(decomposed, TextStart::AsWritten).unwrap()),
        "é"
    );
    assert_eq!(
        pieces("llama-bpe", decomposed).len(),
        3,
        "llama 3 keeps the letter and the accent's two bytes"
    );
}

#[test]
fn control_and_user_tokens_are_matched_whole() {
    assert_eq!(
        pieces("qwen2", "a<|im_end|><think>b"),
        ["a", "<|im_end|>", "<think>", "b"]
    );
}

#[test]
fn special_ids_follow_the_metadata_then_the_vocabulary() {
    let mut metadata = tiny("smollm");
    let found = special_ids(&metadata).unwrap();
    let end = found.eos.clone();
    assert_eq!(
        end.len(),
        1,
        "<|im_end|> ends a turn though no key names it"
    );
    assert!(!found.add_bos, "smollm texts begin without a token");
    assert!(
        special_ids(&tiny("llama-bpe")).unwrap().add_bos,
        "llama 3 texts begin with one"
    );

    metadata.insert(ENDS[0].to_owned(), Value::U32(7));
    metadata.insert(ENDS[1].to_owned(), Value::I64(9));
    metadata.insert(ADD_BOS.to_owned(), Value::Bool(true));
    let tokenizer = super::super::tokenizer::Tokenizer::from_gguf_metadata(&metadata).unwrap();
    assert_eq!(tokenizer.eos_ids(), [7, 9, end[0]]);
    let bos = tokenizer.bos().unwrap();
    assert_eq!(tokenizer.encode("a", TextStart::Document).unwrap()[0], bos);
    assert_eq!(
        token_named(&metadata, BOS).unwrap().as_deref(),
        Some("<|bos|>")
    );
}

#[test]
fn what_cannot_be_rebuilt_says_what_and_the_way_out() {
    let error = |metadata: &Metadata| build(metadata).unwrap_err().to_string();
    let unknown = error(&tiny("chatglm-bpe"));
    assert!(
        unknown.contains("`chatglm-bpe`") && unknown.contains("smollm"),
        "{unknown}"
    );
    let mut sentence_piece = tiny("gpt-2");
    sentence_piece.insert(MODEL.to_owned(), Value::String("llama".to_owned()));
    let mut no_pre = tiny("qwen2");
    no_pre.remove(PRE);
    for message in [
        unknown,
        error(&tiny("default")),
        error(&sentence_piece),
        error(&no_pre),
        error(&Metadata::new()),
    ] {
        assert!(
            message.contains("put the model's tokenizer.json beside the file"),
            "{message}"
        );
    }
}

#[test]
fn contradictory_metadata_is_an_error_not_a_panic() {
    let error = |key: &str, value: Value| {
        let mut metadata = tiny("gpt-2");
        metadata.insert(key.to_owned(), value);
        super::super::tokenizer::Tokenizer::from_gguf_metadata(&metadata)
            .unwrap_err()
            .to_string()
    };
    let list = |items: &[&str]| {
        Value::Array(
            items
                .iter()
                .map(|item| Value::String((*item).to_owned()))
                .collect(),
        )
    };
    for (key, value) in [
        (MERGES, list(&["wholeword wholeword"])),
        (MERGES, list(&["nospace"])),
        (MERGES, Value::Array(vec![Value::U8(1)])),
        (TOKENS, list(&["a", "a"])),
        (TOKENS, Value::Bool(true)),
        (TOKEN_TYPE, list(&["x"])),
        (BOS, Value::F32(0.5)),
        (ADD_BOS, Value::U8(1)),
    ] {
        let message = error(key, value);
        assert!(message.starts_with(key), "{message}");
    }
}

#[test]
fn a_tokenizer_json_beside_the_file_wins() {
    let folder = tempfile::tempdir().unwrap();
    let gguf = folder.path().join("model.gguf");
    let mut metadata = tiny("unheard-of");
    metadata.insert(ENDS[0].to_owned(), Value::U32(4));
    let others = metadata.clone();
    let json = include_bytes!("../../assets/reasoner/tokenizer.json");
    let own = Tokenizer::from_bytes(json).unwrap();
    // A converter may name the special ones otherwise.
    let tokens = (0..1024).map(|id| match id {
        0..5 => Value::String(format!("[{id}]")),
        _ => Value::String(own.id_to_token(id).unwrap()),
    });
    metadata.insert(TOKENS.to_owned(), Value::Array(tokens.collect()));
    assert!(super::super::tokenizer::Tokenizer::for_gguf(&gguf, &metadata).is_err());
    std::fs::write(
        folder.path().join("tokenizer.json"),
        include_bytes!("../../assets/reasoner/tokenizer.json"),
    )
    .unwrap();
    let tokenizer = super::super::tokenizer::Tokenizer::for_gguf(&gguf, &metadata).unwrap();
    assert_eq!(tokenizer.vocab_size(), 1024);
    assert!(tokenizer.is_eos(4), "ids still come from the metadata");
    let refused = super::super::tokenizer::Tokenizer::for_gguf(&gguf, &others);
    let refused = refused.map(drop).unwrap_err().to_string();
    assert!(
        refused.contains("tokenizer.json is another model's") && refused.contains("model.gguf"),
        "{refused}"
    );
}

#[test]
fn smollm2_matches_the_reference_tokenizer() {
    let Some(path) = std::env::var_os("RKV_SMOLLM2") else {
        eprintln!("skipped: set RKV_SMOLLM2 to SmolLM2-135M-Instruct.Q4_1.gguf");
        return;
    };
    let content = Content::read(&mut File::open(Path::new(&path)).unwrap()).unwrap();
    let tokenizer =
        super::super::tokenizer::Tokenizer::from_gguf_metadata(&content.metadata).unwrap();
    // Ids from the Python `tokenizers` package 0.23: BPE, Digits(individual) then ByteLevel(no prefix space).
    let golden: [(&str, &[u32]); 9] = [
        ("Hello world", &[19556, 905]),
        (
            "What is 12 + 345?",
            &[1780, 314, 216, 33, 34, 1232, 216, 35, 36, 37, 47],
        ),
        (
            "x = 3.14159\n\n\ty  = 2",
            &[
                104, 446, 216, 35, 30, 33, 36, 33, 37, 41, 1116, 197, 105, 216, 446, 216, 34,
            ],
        ),
        (
            "café naïve — £5",
            &[83, 1939, 2756, 15486, 46494, 1841, 10257, 37],
        ),
        ("Smile 🙂🏽!", &[9207, 552, 47526, 10813, 233, 138, 17]),
        (
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
            &[1, 4093, 198, 26843, 2, 198, 1, 520, 9531, 198],
        ),
        ("don't  stop   \n", &[12420, 982, 216, 2853, 333, 198]),
        ("٣² 中文", &[164, 113, 19133, 216, 28589, 29184]),
        (" 2024", &[216, 34, 32, 34, 36]),
    ];
    for (text, ids) in golden {
        assert_eq!(
            tokenizer.encode(text, TextStart::Document).unwrap(),
            ids,
            "{text:?}"
        );
        let mut stream = tokenizer.stream();
        let streamed: String = ids.iter().map(|&id| stream.push(id)).collect();
        assert_eq!(streamed + &stream.finish(), text);
    }
    assert_eq!(tokenizer.vocab_size(), 49152);
    assert_eq!(tokenizer.eos_ids(), [0, 2], "<|endoftext|> and <|im_end|>");
    assert_eq!(tokenizer.bos(), Some(1));
}
