# frozen_string_literal: true

require "mkmf"
require_relative "toolchain"

problem = Toolchain.rust_problem
abort "msgpack-ext cannot be built: #{problem}" if problem
# Only a warning: there are more ways to have a libclang than can be looked for here. Cargo has the last word.
problem = Toolchain.libclang_problem
warn "msgpack-ext: #{problem}" if problem

# RubyGems sets this for what it runs, and it is how rb_sys recognises `gem install` too.
gem_install = ENV.key?("SOURCE_DATE_EPOCH")
# Cargo features for tests. An installed gem has none, whatever the environment says.
features = gem_install ? [] : ENV.fetch("MSGPACK_EXT_FEATURES", "").split(/[\s,]+/)
# A folder given from outside is shared with other builds (rake's with plain cargo's) and never removed.
shared_target = ENV["RB_SYS_CARGO_TARGET_DIR"] || ENV.fetch("CARGO_TARGET_DIR", nil)

begin
  require "rb_sys/mkmf"
rescue LoadError => e
  raise unless e.path == "rb_sys/mkmf"

  require_relative "cargo_makefile"
  puts "msgpack-ext: building with plain cargo (the rb_sys gem is not installed)"
  CargoMakefile.new("msgpack/msgpack_ext", features: features, shared_target: shared_target,
                                           gem_install: gem_install).write
else
  puts "msgpack-ext: building with the rb_sys gem"
  create_rust_makefile("msgpack/msgpack_ext") do |rust|
    rust.features = features
    rust.extra_cargo_args += ["--locked"]
    rust.target_dir = File.expand_path(shared_target) if shared_target
    rust.clean_after_install = gem_install && !shared_target
    # rb_sys removes the profile's folder by itself, but not the rest, nor the library it has copied beside the sources.
    rust.rubygems_clean_dirs += ["./target", "./msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}"]
  end
end
