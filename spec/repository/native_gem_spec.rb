# frozen_string_literal: true

require_relative "../../rakelib/native_gem"

# `rake native`: the gem for this platform and this Ruby, with the library in it.
RSpec.describe "The native gem", :slow do
  ruby = RUBY_VERSION[/\A\d+\.\d+/]
  library = "lib/msgpack/#{ruby}/msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}"
  made = nil

  let(:gem_package) do
    made ||= PackagedGem.made_by_rake("native", "pkg/msgpack-ext-#{MessagePack::VERSION}-#{NativeGem.platform}.gem")
  end
  let(:spec) { gem_package.spec }

  def rake(*arguments, env: {})
    run_program(RbConfig.ruby, "-S", "rake", *arguments, env: env, chdir: PackagedGem::ROOT)
  end

  describe "its package" do
    it "is for this platform and this Ruby alone" do
      expect(spec.platform).to eq(NativeGem.platform)
      expect(Gem::Platform.match_spec?(spec)).to be(true)
      wanted = spec.required_ruby_version
      expect(NativeGem::RUBIES.select { |name| wanted.satisfied_by?(Gem::Version.new("#{name}.0")) }).to eq([ruby])
    end

    it "has the library, and what the other gem has but the sources" do
      files = PackagedGem.new.spec.files
      sources = files.grep(%r{\Aext/|\ACargo\.})
      expect(sources).to include("Cargo.lock", "ext/msgpack_ext/extconf.rb", "ext/msgpack_wire/src/lib.rs")
      expect(spec.files).to match_array(files - sources + [library])
    end

    it "has nothing to build" do
      expect(spec.extensions).to eq([])
    end
  end

  describe "once installed" do
    # No program is found there: no cargo, no compiler, no make.
    before(:context) { @nowhere = Dir.mktmpdir }
    after(:context) { FileUtils.remove_entry(@nowhere) }

    before do
      env = { "PATH" => @nowhere, "CARGO" => "#{@nowhere}/cargo" }
      gem_package.install(env: env) unless Dir.exist?(gem_package.folder)
    end

    it "loads the library that came with it" do
      result = gem_package.ruby(<<~RUBY)
        require "msgpack-ext"
        puts $LOADED_FEATURES.grep(/msgpack_ext/)
        p MessagePack.unpack(MessagePack.pack([1, "two"]))
      RUBY
      expect(result.stdout).to eq("#{File.realpath(gem_package.folder)}/#{library}\n[1, \"two\"]\n"), result.to_s
    end

    it "has one library, and no function that only tests need" do
      found = Dir.glob("**/*.#{RbConfig::CONFIG["DLEXT"]}", base: gem_package.home)
      expect(found).to contain_exactly(end_with(library))
      result = gem_package.ruby('require "msgpack-ext"; p MessagePack.respond_to?(:__panic__, true)')
      expect(result.stdout).to eq("false\n"), result.to_s
    end

    it "has its command" do
      command = File.join(gem_package.home, "bin/msgpack-ext")
      result = gem_package.ruby("ARGV.replace(%w[--version]); load #{command.inspect}")
      expect(result.stdout).to include(MessagePack::VERSION), result.to_s
    end
  end

  describe "for other platforms" do
    it "takes a container, and rake says so" do
      skip "the rb_sys gem is there: this would begin to build" if Gem::Specification.find_all_by_name("rb_sys").any?
      result = rake("native[x64-mingw-ucrt]")
      expect(result).not_to be_success
      expect(result.stderr).to include("gem install rb_sys", "Docker")
    end

    # An empty name is as good as none, to cargo and rustup too.
    def home_of(name, usual)
      set = ENV.fetch(name, "")
      set.empty? ? File.expand_path(usual) : set
    end

    # What rake-compiler looks for in a container of rb_sys: the Rubies there, each with its configuration.
    def container(rubies)
      Dir.mktmpdir do |home|
        FileUtils.mkdir_p("#{home}/.rake-compiler")
        config = "#{RbConfig::CONFIG["archdir"]}/rbconfig.rb"
        known = rubies.map { |name| "rbconfig-x86_64-linux-#{name}: #{config}\n" }
        File.write("#{home}/.rake-compiler/config.yml", known.join)
        yield "HOME" => home, "RUBY_TARGET" => "x86_64-linux", "RUBY_CC_VERSION" => rubies.join(":"),
              "GEM_PATH" => [PackagedGem.rb_sys_home, *Gem.path].join(File::PATH_SEPARATOR),
              "CARGO_HOME" => home_of("CARGO_HOME", "~/.cargo"), "RUSTUP_HOME" => home_of("RUSTUP_HOME", "~/.rustup")
      end
    end

    it "is built there with a library for each Ruby, by the tasks of rb_sys" do
      # Not `need`, as in packaging_spec.rb.
      skip "missing: the rb_sys gem (gem install rb_sys)" unless PackagedGem.rb_sys_home
      container(NativeGem::RUBIES.map { |name| "#{name}.0" }) do |env|
        result = rake("--prereqs", "native:msgpack-ext:x86_64-linux", env: env)
        expect(result).to be_success, result.to_s
        wanted = result.stdout[/^rake native:msgpack-ext:x86_64-linux\n((?: .*\n)+)/, 1].to_s.split
        folder = "tmp/x86_64-linux/stage/lib/msgpack"
        expect(wanted).to eq(NativeGem::RUBIES.map { |name| "#{folder}/#{name}/msgpack_ext.so" })
      end
    end
  end
end
