// RUN: vitc-opt --convert-kernel-to-vector --split-input-file --verify-diagnostics %s

// expected-error @+1 {{has no kernel.target}}
func.func @no_target(%x: memref<4x16xf32>, %y: memref<4x16xf32>) {
  kernel.layer_norm %x into %y epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  return
}

// -----

func.func @no_schedule(%x: memref<8x16xf32>, %y: memref<8x16xf32>) attributes {kernel.target = #kernel.target<"x86-64-v3", "+avx2">} {
  %p = kernel.weight @weights::@p : memref<1x16x16xf32>
  // expected-error @+1 {{'kernel.linear' op has no schedule, expected kernel-schedule to have run}}
  kernel.linear %x, %p into %y activation none : memref<8x16xf32>, memref<1x16x16xf32>, memref<8x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<16x16xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 16 : tensor<16x16xf32> -> memref<1x16x16xf32>
}
