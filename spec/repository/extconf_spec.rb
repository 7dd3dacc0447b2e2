# frozen_string_literal: true

require_relative "../../ext/msgpack_ext/toolchain"

# extconf.rb and the Makefile that it writes where the rb_sys gem is not installed, with a cargo that only pretends.
RSpec.describe "ext/msgpack_ext/extconf.rb" do
  around do |example|
    Dir.mktmpdir("msgpack-ext extconf") do |dir|
      @dir = File.realpath(dir)
      example.run
    end
  end

  let(:extconf) { File.expand_path("../../ext/msgpack_ext/extconf.rb", __dir__) }
  let(:library) { "msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}" }
  let(:log) { File.join(@dir, "cargo.log") }
  # No gems but Ruby's own: rb_sys is not seen even where it is installed.
  let(:env) do
    PackagedGem::CLEAN.merge("GEM_HOME" => @dir, "GEM_PATH" => @dir, "CARGO" => fake_cargo("1.85.0"),
                             "RUBYLIB" => nil, "LOG" => log)
  end

  # The name of the temporary folder has a blank in it; a cargo with one in its path is more than make can do.
  def fake_cargo(version)
    folder = Dir.mktmpdir("cargo")
    (@folders ||= []) << folder
    File.join(folder, "cargo").tap do |path|
      File.write(path, <<~SH)
        #!/bin/sh
        if [ "$1" = --version ]; then echo "cargo #{version} (abc 2025-01-01)"; exit; fi
        echo "$*" >> "$LOG"
        while [ $# -gt 0 ]; do if [ "$1" = --target-dir ]; then target=$2; fi; shift; done
        mkdir -p "$target/release"
        echo library > "$target/release/libmsgpack_ext.#{RbConfig::CONFIG["SOEXT"]}"
      SH
      File.chmod(0o755, path)
    end
  end

  after { (@folders || []).each { |folder| FileUtils.remove_entry(folder) } }

  def configure(more = {})
    run_program(RbConfig.ruby, extconf, env: env.merge(more), chdir: @dir)
  end

  def make(*arguments, more: {})
    result = run_program("make", *arguments, env: env.merge(more), chdir: @dir)
    raise result.to_s unless result.success?
  end

  def left
    Dir.children(@dir).sort - ["cargo.log", "mkmf.log", "site", "Makefile"]
  end

  it "writes a Makefile that builds, installs and cleans" do
    expect(configure).to be_success
    make
    expect(left).to eq([library, "target"])
    make "install", "DESTDIR=#{@dir}/site", "sitearchdir=/arch"
    expect(File.read("#{@dir}/site/arch/msgpack/#{library}")).to eq("library\n")
    expect(File.stat("#{@dir}/site/arch/msgpack/#{library}").mode & 0o777).to eq(0o755)
    make "install", "DESTDIR=#{@dir}/site", "sitearchdir=/arch", "target_prefix="
    expect(File).to exist("#{@dir}/site/arch/#{library}")
    expect(left).to eq([library, "target"])
    make "clean"
    expect(left).to eq([])
  end

  it "calls cargo with the lock file and without features" do
    configure
    make
    expect(File.read(log)).to match(/\Arustc --manifest-path .*Cargo\.toml.* --release --lib --locked --( -C .*)?\n\z/)
  end

  it "gives cargo the features of MSGPACK_EXT_FEATURES" do
    configure("MSGPACK_EXT_FEATURES" => "one,two")
    make
    expect(File.read(log)).to include(" --features one,two ")
  end

  it "leaves nothing behind and takes no features when RubyGems runs it" do
    gem_install = { "SOURCE_DATE_EPOCH" => "1", "MSGPACK_EXT_FEATURES" => "one" }
    configure(gem_install)
    %w[clean all install].each { |target| make target, "DESTDIR=#{@dir}/site", "sitearchdir=/arch", more: gem_install }
    expect(left).to eq([])
    expect(File).to exist("#{@dir}/site/arch/msgpack/#{library}")
    expect(File.read(log)).not_to include("--features")
  end

  it "never removes a target folder that was given to it" do
    Dir.mktmpdir do |shared|
      more = { "CARGO_TARGET_DIR" => shared, "SOURCE_DATE_EPOCH" => "1" }
      configure(more)
      %w[clean all install clean].each { |target| make target, "DESTDIR=#{@dir}/site", "sitearchdir=/arch", more: more }
      expect(Dir.children(shared)).to eq(["release"])
      expect(left).to eq([])
    end
  end

  it "stops and explains when cargo fails" do
    configure
    result = run_program("make", "CARGO=false", env: env, chdir: @dir)
    expect(result).not_to be_success
    expect(result.stderr).to include("cargo failed", "libclang")
  end

  it "stops and explains when there is no cargo" do
    result = configure("CARGO" => "#{@dir}/none")
    expect(result).not_to be_success
    expect(result.stderr).to include("there is no `#{@dir}/none`", "needs Rust 1.85 or later")
  end

  it "stops and explains when cargo is too old" do
    result = configure("CARGO" => fake_cargo("1.84.1"))
    expect(result).not_to be_success
    expect(result.stderr).to match(/1\.84\.1 is too old.*needs Rust 1\.85 or later/)
  end

  it "warns when libclang cannot be found, and leaves the decision to cargo" do
    result = configure("LIBCLANG_PATH" => @dir)
    expect(result).to be_success
    expect(result.stderr).to include("no libclang was found", "libclang-common-N-dev", "LIBCLANG_PATH")
  end

  it "is content with what this machine has" do
    expect(Toolchain.rust_problem).to be_nil
    expect(Toolchain.libclang_problem).to be_nil
  end

  it "asks for the Rust that Cargo.toml asks for" do
    manifest = File.read(File.expand_path("../../Cargo.toml", __dir__))
    expect(manifest).to include(%(rust-version = "#{Toolchain::MINIMUM_RUST}"))
  end
end
