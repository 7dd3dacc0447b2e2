# frozen_string_literal: true

require "fileutils"
require "tmpdir"

# An application with a Gemfile: Bundler finds the packages of Debian, and this gem in place of the C gem that they
# depend on, which stays installed beside it. Its programs are those in programs/; they tell by report.rb what came out.
class Application
  include SubprocessHelpers

  ROOT = File.expand_path("../..", __dir__)
  PROGRAMS = File.join(__dir__, "programs")

  class << self
    # Runs one program in a folder of its own.
    #
    # @param name [String] of the program
    # @param gems [Array<String>] what it needs beside msgpack
    # @return [Hash{Symbol => Object}] its report
    def report(name, *gems, c_gem: false)
      Dir.mktmpdir("real-world") { |folder| new(folder, *gems, c_gem: c_gem).run(name) }
    end

    # @return [Boolean] whether all is here that an application with these gems and programs needs
    def possible?(*gems, programs: [])
      path = ENV.fetch("PATH").split(File::PATH_SEPARATOR)
      ["bundler", "msgpack", *gems].all? { |name| Gem::Specification.find_all_by_name(name).any? } &&
        programs.all? { |name| path.any? { |dir| File.executable?(File.join(dir, name)) } }
    end

    # The gem and its shim, as they lie where `gem install` has put them, with the library that is compiled here.
    #
    # @return [String] the gem home
    def gem_home
      @gem_home ||= File.realpath(Dir.mktmpdir("msgpack-ext-gem-home")).tap do |home|
        at_exit { FileUtils.remove_entry(home) }
        FileUtils.mkdir_p(File.join(home, "specifications"))
        install(home, "msgpack-ext.gemspec", %w[lib])
        install(home, "compat/msgpack.gemspec", %w[lib forward.rb])
      end
    end

    private

    def install(home, gemspec, files)
      gemspec = File.join(ROOT, gemspec)
      spec = Gem::Specification.load(gemspec).dup
      # RubyGems would look for what its own build leaves behind.
      spec.extensions = []
      folder = File.join(home, "gems", spec.full_name)
      FileUtils.mkdir_p(folder)
      FileUtils.cp_r(files.map { |name| File.join(File.dirname(gemspec), name) }, folder)
      File.write(File.join(home, "specifications", "#{spec.full_name}.gemspec"), spec.to_ruby)
    end
  end

  # @param folder [String] where its programs run
  # @param c_gem [Boolean] whether it has the C gem instead of this one, to compare with
  def initialize(folder, *gems, c_gem: false)
    @folder = folder
    @c_gem = c_gem
    # Several applications may share a folder.
    @gemfile = File.join(Dir.mktmpdir("bundle", folder), "Gemfile")
    File.write(@gemfile, ["msgpack", *gems].map { |name| "gem #{name.inspect}\n" }.join)
  end

  # HOME and the like keep out the settings of whoever runs the specs.
  def env
    xdg = %w[CACHE CONFIG DATA STATE].to_h { |kind| ["XDG_#{kind}_HOME", nil] }
    PackagedGem::CLEAN.merge(xdg, "GEM_HOME" => (self.class.gem_home unless @c_gem),
                                  "BUNDLE_GEMFILE" => @gemfile, "HOME" => @folder)
  end

  def command(name, *args)
    [RbConfig.ruby, "-rbundler/setup", File.join(PROGRAMS, "#{name}.rb"), *args]
  end

  # @return [Hash{Symbol => Object}] the program's report
  def run(name, *args)
    result = run_program(*command(name, *args), env: env, chdir: @folder)
    raise "#{name}: #{result.status}\n#{result.stderr}" unless result.success?

    Marshal.load(result.stdout.b) # rubocop:disable Security/MarshalLoad
  end
end

# For the files that a report names as loaded: one native library, and no file of another gem called msgpack.
RSpec::Matchers.define :be_this_gem_alone do
  match do |loaded|
    gems = File.join(Application.gem_home, "gems")
    ours = %w[msgpack-ext msgpack].map { |name| File.join(gems, "#{name}-#{MessagePack::VERSION}/") }
    library = "#{ours.first}lib/msgpack/msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}"
    loaded.grep_v(/\.rb\z/) == [library] && loaded.all? { |path| path.start_with?(*ours) }
  end
end
