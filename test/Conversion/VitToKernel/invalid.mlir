// RUN: vitc-opt --convert-vit-to-kernel --split-input-file --verify-diagnostics %s

func.func @other_dialect(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'arith.negf' op expected an op of the vit dialect}}
  %0 = arith.negf %x : tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

// expected-error @+1 {{expected a function of one block}}
func.func private @declaration(tensor<4x8xf32>) -> tensor<4x8xf32>
