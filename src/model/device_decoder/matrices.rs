//! Weight matrices on the device, dense or quantised, through candle's tensors.

use std::sync::Arc;

use candle_core::quantized::{QMatMul, QStorage, QTensor};
use candle_core::{DType, Device, Module as _, Result, Tensor};

use crate::model::linear::{Linear, Stacked};

/// A matrix on the device.
#[derive(Debug)]
pub(super) enum DeviceLinear {
    /// `[rows, columns]`.
    Dense(Tensor),
    Quantised(QMatMul),
}

impl DeviceLinear {
    pub(super) fn new(linear: &Linear, device: &Device, dense: DType) -> Result<Self> {
        match linear {
            Linear::Dense { weights, .. } => {
                Ok(Self::Dense(weights.to_dtype(dense)?.to_device(device)?))
            }
            Linear::Quantised { tensor, .. } => {
                let storage = QStorage::from_data(tensor.data()?, device, tensor.dtype())?;
                let tensor = QTensor::new(storage, tensor.shape().clone())?;
                Ok(Self::Quantised(QMatMul::from_arc(Arc::new(tensor))?))
            }
        }
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Dense(weights) => x.to_dtype(weights.dtype())?.matmul(&weights.t()?),
            Self::Quantised(matmul) => matmul.forward(&x.to_dtype(DType::F32)?),
        }
    }
}

/// Matrices over the same input.
#[derive(Debug)]
pub(super) struct DeviceStacked {
    pub(super) parts: Vec<DeviceLinear>,
    pub(super) bias: Option<Tensor>,
}

impl DeviceStacked {
    pub(super) fn new(stacked: &Stacked, device: &Device, dense: DType) -> Result<Self> {
        let parts = stacked.parts().iter();
        Ok(Self {
            parts: parts
                .map(|part| DeviceLinear::new(part, device, dense))
                .collect::<Result<_>>()?,
            bias: None,
        })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let out = if let [only] = self.parts.as_slice() {
            only.forward(x)?
        } else {
            let outs: Vec<Tensor> = self
                .parts
                .iter()
                .map(|part| part.forward(x))
                .collect::<Result<_>>()?;
            // Quantised parts give f32 whatever the type of the dense ones, and only tensors of one type are joined.
            let alike = outs
                .windows(2)
                .all(|pair| pair[0].dtype() == pair[1].dtype());
            let outs = if alike {
                outs
            } else {
                let as_f32 = outs.iter().map(|out| out.to_dtype(DType::F32));
                as_f32.collect::<Result<_>>()?
            };
            Tensor::cat(&outs, 1)?
        };
        match &self.bias {
            None => Ok(out),
            Some(bias) => out.broadcast_add(&bias.to_dtype(out.dtype())?),
        }
    }
}
