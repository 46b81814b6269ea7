// RUN: vitc-opt --kernel-schedule --split-input-file --verify-diagnostics %s

// expected-error @+1 {{has no kernel.target, expected kernel-set-target to have run}}
func.func @no_target() {
  return
}

// -----

// expected-error @+1 {{has a kernel.target that is not valid: --target-cpu: unknown CPU 'z80'}}
func.func @unknown_cpu() attributes {kernel.target = #kernel.target<"z80", "">} {
  return
}

// -----

// expected-error @+1 {{has a kernel.target that is not valid: --target-features: '+warp' is not a feature that code uses}}
func.func @unknown_feature() attributes {kernel.target = #kernel.target<"x86-64-v3", "+warp">} {
  return
}
