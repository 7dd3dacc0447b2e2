# frozen_string_literal: true

# `rake gem:vendored`: the source gem that installs where no registry can be reached.
RSpec.describe "The gem with the crates in it", :slow do
  made = nil

  let(:gem_package) do
    made ||= PackagedGem.made_by_rake("gem:vendored", "pkg/vendored/msgpack-ext-#{MessagePack::VERSION}.gem")
  end

  # What the lock file has of each crate from a registry.
  def locked(text)
    text.scan(/^name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "(.+)"$/)
  end

  # Cargo as it is on a machine that it was never used on, and which reaches nothing.
  def cut_off
    Dir.mktmpdir do |cargo_home|
      yield "CARGO_HOME" => cargo_home, "CARGO_NET_OFFLINE" => "true",
            "RUSTUP_HOME" => ENV.fetch("RUSTUP_HOME", File.expand_path("~/.rustup"))
    end
  end

  it "has the crates that are needed, as the repository's lock file has them, and the repository has none" do
    unpacked = Dir.mktmpdir
    Gem::Package.new(gem_package.package).extract_files(unpacked)
    crates = locked(File.read(File.join(unpacked, "Cargo.lock")))
    expect(crates.map(&:first)).to include("magnus", "rb-sys", "bytes")
    expect(crates.map(&:first)).not_to include("proptest")
    expect(crates - locked(File.read(File.join(PackagedGem::ROOT, "Cargo.lock")))).to eq([])

    sums = Dir.glob("vendor/*/.cargo-checksum.json", base: unpacked)
              .map { |path| File.read(File.join(unpacked, path))[/"package":"(\h+)"/, 1] }
    expect(sums).to match_array(crates.map(&:last))
    expect(Dir.glob("vendor/*/Cargo.toml", base: PackagedGem::ROOT)).to eq([])
  ensure
    FileUtils.remove_entry(unpacked)
  end

  it "installs where no registry can be reached, and works" do
    cut_off do |env|
      gem_package.install(env: env)
      expect(Dir.glob("registry/**/*.crate", base: env["CARGO_HOME"])).to eq([])
    end
    result = gem_package.ruby(<<~RUBY)
      require "msgpack-ext"
      p MessagePack.unpack(MessagePack.pack([1])), $LOADED_FEATURES.grep(/msgpack_ext/)
    RUBY
    native = "#{File.realpath(gem_package.folder)}/lib/msgpack/msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}"
    expect(result.stdout).to eq("[1]\n[#{native.inspect}]\n"), result.to_s
  end

  it "is needed for that: the other gem does not install there" do
    plain = PackagedGem.new
    result = cut_off { |env| plain.try_to_install(env: env) }
    expect(result).not_to be_success
    expect(result.to_s).to match(/offline|no matching package|failed to download/)
  end
end
