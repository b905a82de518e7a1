//! Moves weights into Q8_0 (blocks of 32 bytes and one f16 scale).
//!
//! The tensor library has no vector kernel for Q4_1, Q5_0, Q5_1 and Q8_1 and computes them several times slower than
//! Q8_0, which loses next to nothing on top of them.

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Result, Tensor};
use rayon::prelude::*;
use std::borrow::Cow;

/// Numbers that are unpacked at a time, per thread: the whole of an embedding in f32 would double a model's memory.
const NUMBERS_AT_ONCE: usize = 1 << 20;

/// Whether `dtype` is computed faster as Q8_0.
pub fn is_slow(dtype: GgmlDType) -> bool {
    matches!(
        dtype,
        GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1 | GgmlDType::Q8_1
    )
}

/// The rows of a matrix with `columns` columns, stored as `dtype`, as Q8_0 bytes.
///
/// # Errors
/// If the tensor library refuses the data. `columns` must be a multiple of 32 and of the type's block.
pub fn to_q8_0(dtype: GgmlDType, bytes: &[u8], columns: usize) -> Result<Vec<u8>> {
    let row_bytes = columns / dtype.block_size() * dtype.type_size();
    let rows_at_once = (NUMBERS_AT_ONCE / columns).max(1);
    let chunks: Vec<Vec<u8>> = bytes
        .par_chunks(rows_at_once * row_bytes)
        .map(|bytes| {
            let rows = bytes.len() / row_bytes;
            let storage = QStorage::from_data(Cow::Borrowed(bytes), &Device::Cpu, dtype)?;
            let numbers = QTensor::new(storage, (rows, columns))?.dequantize(&Device::Cpu)?;
            Ok(QTensor::quantize(&numbers, GgmlDType::Q8_0)?
                .data()?
                .into_owned())
        })
        .collect::<Result<_>>()?;
    Ok(chunks.concat())
}

/// A matrix of f32 with `columns` columns as Q8_0 bytes.
///
/// # Errors
/// If the tensor library refuses the data. `columns` must be a multiple of 32.
pub fn f32_to_q8_0(numbers: &[f32], columns: usize) -> Result<Vec<u8>> {
    let rows_at_once = (NUMBERS_AT_ONCE / columns).max(1);
    let chunks: Vec<Vec<u8>> = numbers
        .par_chunks(rows_at_once * columns)
        .map(|numbers| {
            let rows = numbers.len() / columns;
            let numbers = Tensor::from_slice(numbers, (rows, columns), &Device::Cpu)?;
            Ok(QTensor::quantize(&numbers, GgmlDType::Q8_0)?
                .data()?
                .into_owned())
        })
        .collect::<Result<_>>()?;
    Ok(chunks.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(dtype: GgmlDType, bytes: &[u8], shape: (usize, usize)) -> Vec<f32> {
        let storage =
            QStorage::from_data(Cow::Borrowed(bytes), &Device::Cpu, dtype).expect("valid blocks");
        let tensor = QTensor::new(storage, shape).expect("whole rows");
        let numbers = tensor.dequantize(&Device::Cpu).expect("on the CPU");
        numbers
            .flatten_all()
            .and_then(|flat| flat.to_vec1())
            .expect("f32")
    }

    #[test]
    fn requantised_weights_stay_within_half_a_step() {
        let shape = (48, 64);
        let numbers: Vec<f32> = (0..48 * 64)
            .map(|i| ((i * 7919 % 2003) as f32 / 1001.0 - 1.0) * 0.3)
            .collect();
        let tensor = Tensor::from_slice(&numbers, shape, &Device::Cpu).expect("whole");
        for dtype in [GgmlDType::Q4_1, GgmlDType::Q5_0, GgmlDType::Q5_1] {
            assert!(is_slow(dtype));
            let original = QTensor::quantize(&tensor, dtype).expect("a known type");
            let bytes = original.data().expect("on the CPU");
            let before = unpack(dtype, &bytes, shape);
            let after = unpack(
                GgmlDType::Q8_0,
                &to_q8_0(dtype, &bytes, 64).expect("whole rows"),
                shape,
            );
            for (block, (before, after)) in before.chunks(32).zip(after.chunks(32)).enumerate() {
                let step = before.iter().fold(0f32, |most, x| most.max(x.abs())) / 127.0;
                for (before, after) in before.iter().zip(after) {
                    // Half a step, and the f16 rounding of the scale.
                    assert!(
                        (before - after).abs() <= step * 0.57,
                        "{dtype:?} block {block}: {before} became {after}"
                    );
                }
            }
        }
    }

    #[test]
    fn types_with_a_vector_kernel_are_left_alone() {
        for dtype in [
            GgmlDType::Q8_0,
            GgmlDType::Q4K,
            GgmlDType::Q6K,
            GgmlDType::Q4_0,
            GgmlDType::F16,
        ] {
            assert!(!is_slow(dtype));
        }
    }

    #[test]
    fn f32_goes_straight_to_q8_0() {
        let numbers: Vec<f32> = (0..96).map(|i| (i as f32 * 0.1).sin()).collect();
        let bytes = f32_to_q8_0(&numbers, 32).expect("whole rows");
        assert_eq!(bytes.len(), 3 * 34);
        for (before, after) in numbers.iter().zip(unpack(GgmlDType::Q8_0, &bytes, (3, 32))) {
            assert!((before - after).abs() < 0.006);
        }
    }
}
