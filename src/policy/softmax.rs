//! Softmax in place, in f32 with an f64 sum: the sum runs over up to tens of thousands of entries.

/// Turns logits into a distribution. An empty slice stays empty.
pub fn softmax(values: &mut [f32]) {
    let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0f64;
    for value in values.iter_mut() {
        *value = (*value - max).exp();
        sum += f64::from(*value);
    }
    let scale = (1.0 / sum) as f32;
    for value in values.iter_mut() {
        *value *= scale;
    }
}
