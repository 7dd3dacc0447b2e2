# frozen_string_literal: true

require "digest"
require "fileutils"
require "open3"
require "rbconfig"

module Demo
  # `gem build` and `gem install` into a gem home of the demo's own, so that
  # nothing outside the checkout changes. Does nothing when the very same
  # sources are installed already.
  class Install
    ROOT = File.expand_path("../..", __dir__)
    # Enough for what extconf.rb has to say: mkmf puts 16 lines of its own below that.
    SHOWN_LINES = 40

    class Failed < StandardError; end

    attr_reader :home

    def initialize(progress, dir: File.join(ROOT, "tmp/demo"))
      @progress = progress
      @home = File.join(dir, "home")
      @stamp = File.join(dir, "installed")
      @log = File.join(dir, "install.log")
      @package = File.join(dir, "msgpack-ext.gem")
    end

    # @return [Boolean] whether there was anything to do
    def run
      return false if current?

      FileUtils.rm_rf([@home, @stamp, @log])
      FileUtils.mkdir_p(@home)
      @progress.during("building the gem") { gem("build", "msgpack-ext.gemspec", "--output", @package) }
      @progress.during("installing it (compiles the Rust code, about a minute)") { install }
      File.write(@stamp, fingerprint)
      true
    end

    private

    def install
      gem("install", @package, "--local", "--no-document", "--no-user-install", "--install-dir", @home)
    end

    def current?
      File.exist?(@stamp) && File.read(@stamp) == fingerprint
    end

    # Of all that goes into the gem, and of the Ruby that it is compiled for.
    def fingerprint
      @fingerprint ||= begin
        digest = Digest::SHA256.new
        digest << RUBY_DESCRIPTION << Gem::VERSION
        files.each { |path| digest << path << "\0" << Digest::SHA256.file(File.join(ROOT, path)).digest }
        digest.hexdigest
      end
    end

    # RubyGems looks at a gemspec's files relative to the current directory.
    def files
      Dir.chdir(ROOT) { Gem::Specification.load("msgpack-ext.gemspec").files.sort }
    end

    def gem(*arguments)
      output, status = Open3.capture2e(RbConfig.ruby, "-S", "gem", *arguments, chdir: ROOT, stdin_data: "")
      File.write(@log, output, mode: "a")
      return if status.success?

      raise Failed, "gem #{arguments.first} failed:\n#{output.lines.last(SHOWN_LINES).join}\nAll of it: #{@log}"
    end
  end
end
