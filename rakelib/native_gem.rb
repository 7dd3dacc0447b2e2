# frozen_string_literal: true

require "rake"
require "rbconfig"
require_relative "staged_gem"

# A gem for one platform that has the library ready in it: who installs it needs no Rust, nor any compiler.
class NativeGem
  include Rake::DSL

  # The Rubies that there is a library for, each in the folder of its name (lib/msgpack/native_library.rb).
  RUBIES = %w[3.1 3.2 3.3 3.4 4.0].freeze
  SOURCES = %r{\A(?:ext/|Cargo\.)}

  class << self
    # @return [Gem::Platform] this machine's, without what does not matter to gems: the release of macOS, and the C
    #   library where it is the usual one
    def platform
      local = Gem::Platform.local
      version = local.version unless local.os == "darwin" || local.version == "gnu"
      Gem::Platform.new([local.cpu, local.os, version])
    end

    # Takes away what only building needs.
    #
    # @param spec [Gem::Specification]
    def strip(spec)
      spec.files = spec.files.grep_v(SOURCES)
      spec.extensions.clear
    end
  end

  # Compiles the library for the running Ruby and packs it.
  #
  # @param package [String] the file to write
  def build(package)
    gem = StagedGem.new("tmp/native/gem")
    NativeGem.strip(gem.spec)
    gem.spec.files.each { |path| gem.add(path) }
    gem.add("lib/msgpack/#{ruby}/#{library}", compile)
    gem.spec.platform = NativeGem.platform
    gem.spec.required_ruby_version = [">= #{ruby}", "< #{ruby.succ}.dev"]
    gem.build(package)
  end

  private

  def ruby = RUBY_VERSION[/\A\d+\.\d+/]

  def library = "msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}"

  # Apart from lib/, where the library may have functions for tests.
  #
  # @return [String] the library's path
  def compile
    build_dir = File.join(StagedGem::ROOT, "tmp/native/build")
    rm_rf build_dir
    mkdir_p build_dir
    chdir(build_dir) do
      sh({ "MSGPACK_EXT_FEATURES" => nil }, Gem.ruby, File.join(StagedGem::ROOT, "ext/msgpack_ext/extconf.rb"))
      sh ENV.fetch("MAKE", "make")
    end
    File.join(build_dir, library)
  end
end
