# frozen_string_literal: true

require "fileutils"
require "tmpdir"

# lib/msgpack/native_library.rb, in a copy of lib/ with libraries put here and there.
RSpec.describe "The native library" do
  name = "msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}"
  ruby = RUBY_VERSION[/\A\d+\.\d+/]

  around do |example|
    Dir.mktmpdir do |dir|
      @lib = File.join(File.realpath(dir), "lib")
      FileUtils.cp_r(SubprocessHelpers::LIB, @lib)
      FileUtils.rm(Dir.glob("#{@lib}/msgpack/**/#{name}"))
      example.run
    end
  end

  def put(*paths)
    paths.each do |path|
      target = File.join(@lib, "msgpack", path)
      FileUtils.mkdir_p(File.dirname(target))
      FileUtils.cp($LOADED_FEATURES.grep(%r{/msgpack_ext\.[a-z]+\z}).first, target)
    end
  end

  def break_library(path)
    put(path)
    File.write(File.join(@lib, "msgpack", path), "no library")
  end

  def load_it
    in_subprocess('require "msgpack-ext"; puts $LOADED_FEATURES.grep(/msgpack_ext/), MessagePack.unpack("\x07")',
                  options: ["-I", @lib])
  end

  def expect_loaded(path)
    result = load_it
    expect(result.stdout).to eq("#{@lib}/msgpack/#{path}\n7\n"), result.to_s
    expect(result.stderr).to eq("")
  end

  it "is the one in the folder of this Ruby, where a built one is beside it" do
    put("#{ruby}/#{name}", name)
    expect_loaded("#{ruby}/#{name}")
  end

  it "is the built one where there is none for this Ruby" do
    put(name)
    break_library("9.9/#{name}")
    expect_loaded(name)
  end

  it "is the built one where the one for this Ruby can't be loaded" do
    break_library("#{ruby}/#{name}")
    put(name)
    expect_loaded(name)
  end

  it "is missed by an error that names both places and says what to do" do
    put("9.9/#{name}")
    result = load_it
    expect(result).not_to be_success
    expect(result.stderr).to include("(LoadError)", "no native library for Ruby #{ruby} on #{RUBY_PLATFORM}",
                                     "#{@lib}/msgpack/#{ruby}/#{name}: there is no such file",
                                     "#{@lib}/msgpack/#{name}: there is no such file",
                                     "rake compile", "gem install msgpack-ext --platform ruby")
  end

  it "is refused where it was built for another Ruby, with both versions and where it lies" do
    put("9.9/#{name}", name)
    result = in_subprocess(<<~RUBY, options: ["--disable-gems", "-I", @lib])
      require "rbconfig" # which compares versions, too
      Object.send(:remove_const, :RUBY_VERSION)
      RUBY_VERSION = "9.9.1"
      require "msgpack-ext"
    RUBY
    expect(result.stderr).to include("(LoadError)", "no native library for Ruby 9.9")
    reason = "built for Ruby #{ruby}, this is Ruby 9.9"
    expect(result.stderr.scan(/^  (.*): (built.*)$/))
      .to eq([["#{@lib}/msgpack/9.9/#{name}", reason], ["#{@lib}/msgpack/#{name}", reason]]), result.to_s
  end

  it "is passed over where it is no file that can be read, and the error tells that from one that is missing" do
    FileUtils.mkdir_p("#{@lib}/msgpack/#{ruby}/#{name}")
    expect(load_it.stderr).to include("#{@lib}/msgpack/#{ruby}/#{name}: this is not a file that can be read",
                                      "#{@lib}/msgpack/#{name}: there is no such file")
    put(name)
    expect_loaded(name)
  end

  it "is not passed over in silence when it can't be loaded: the error has the system's own words" do
    break_library("#{ruby}/#{name}")
    result = load_it
    expect(result).not_to be_success
    # What a file that is no library is called on Linux, on macOS and on Windows.
    expect(result.stderr).to match(/file too short|mach-o|slice is not valid|Win32/i)
    expect(result.stderr).to include("#{@lib}/msgpack/#{name}: there is no such file")
  end
end
