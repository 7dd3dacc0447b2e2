# frozen_string_literal: true

# The gem named msgpack that compat/ makes of this one. The C gem is installed beside it in all examples that load it.
RSpec.describe "The gem named msgpack", :slow do
  paths = %w[msgpack msgpack/version msgpack/bigint msgpack/buffer msgpack/packer msgpack/unpacker msgpack/factory
             msgpack/symbol msgpack/core_ext msgpack/timestamp msgpack/time]

  let(:gems) { ShimGem.installed }

  # The C gem, as a program in that gem home sees it.
  let(:c_gem) do
    code = 'Gem::Specification.find_all_by_name("msgpack").each { |s| puts [s.version, s.full_gem_path].join(" ") }'
    found = gems.ruby(code).stdout.lines(chomp: true).map { |line| line.split(" ", 2) }
    others = found.reject { |version, _folder| version == MessagePack::VERSION }
    need others.any?, "the C gem msgpack (apt-get install ruby-msgpack)"
    Struct.new(:version, :folder).new(*others.last)
  end

  # Prints the native libraries of both gems, what a file of any other gem has given, and whether it works.
  let(:report) { <<~RUBY }
    require "msgpack"
    puts $LOADED_FEATURES.grep(%r{/msgpack/msgpack(_ext)?\\.[a-z]+\\z})
    puts $LOADED_FEATURES.grep(/msgpack/).reject { |path| path.match?(%r{/msgpack(-ext)?-#{MessagePack::VERSION}[-/]}) }
    p MessagePack.unpack(MessagePack.pack([1]))
  RUBY
  let(:one_library) { "#{gems.native}\n[1]\n" }

  # As bootsnap does it before it requires msgpack.
  let(:narrow) { <<~RUBY }
    def narrowed
      whole = $LOAD_PATH.dup
      $LOAD_PATH.replace(whole.grep(%r{/gems/msgpack-\\d}) + RbConfig::CONFIG.values_at("archdir", "rubylibdir"))
      yield
    ensure
      $LOAD_PATH.replace(whole)
    end
  RUBY

  def expect_one_library(result, before: "")
    expect(result.stdout).to eq(before + one_library), result.to_s
    expect(result.stderr).to eq(""), result.to_s
  end

  describe "its package" do
    subject(:spec) { gems.spec }

    it "holds a file for each path, and no other code than what finds msgpack-ext" do
      expect(spec.files).to match_array(%w[LICENSE README.md forward.rb] + paths.map { |path| "lib/#{path}.rb" })
      expect(spec.extensions).to be_empty
    end

    it "has this gem's version and needs exactly that one" do
      expect(spec.version.to_s).to eq(MessagePack::VERSION)
      expect(spec.dependencies.map { |dependency| [dependency.name, dependency.requirement.to_s, dependency.type] })
        .to eq([["msgpack-ext", "= #{MessagePack::VERSION}", :runtime]])
    end

    it "passes where gems ask for msgpack" do
      expect(["~> 1.0", "~> 1.2", [">= 1.7.0", "< 2"], [">= 1.3.1", "< 2.0.0"]])
        .to all(satisfy { |asked| Gem::Requirement.new(asked).satisfied_by?(spec.version) })
    end

    it "has the same licence" do
      texts = ["LICENSE", "compat/LICENSE"].map { |path| File.read(File.join(PackagedGem::ROOT, path)) }
      expect(texts.uniq.size).to eq(1)
    end

    it "has each path that the C gem has" do
      theirs = Dir.glob("**/*.rb", base: File.join(c_gem.folder, "lib"))
      expect(theirs).to include("msgpack.rb")
      expect(theirs - paths.map { |path| "#{path}.rb" }).to eq([])
    end
  end

  context "when installed by RubyGems" do
    before { c_gem }

    paths.each do |path|
      it "gives #{path}, required first" do
        expect_one_library gems.ruby("p require(#{path.inspect})\n#{report}"), before: "true\n"
      end

      it "gives #{path} by a file of its own where $LOAD_PATH is narrowed to it" do
        result = gems.ruby(<<~RUBY)
          gem "msgpack"
          #{narrow}
          narrowed { p require(#{path.inspect}) }
          p %w[msgpack msgpack-ext].map { |name| $LOADED_FEATURES.grep(%r{/\#{name}-[\\d.]+/lib/#{path}\\.rb\\z}).size }
          #{report}
        RUBY
        expect_one_library result, before: "true\n[1, 1]\n"
      end
    end

    it "gives all of them, in whatever order and under whatever $LOAD_PATH" do
      result = gems.ruby(<<~RUBY)
        gem "msgpack", ">= 1.7.0", "< 2"
        #{narrow}
        random = Random.new(#{RSpec.configuration.seed})
        paths = #{paths.inspect}.shuffle(random: random)
        paths.each { |path| random.rand(2).zero? ? require(path) : narrowed { require path } }
        p paths.map { |path| require path }.tally[false], MessagePack::Bigint, MessagePack::VERSION
        #{report}
      RUBY
      expect(result.stdout).to match(/\A\d+\nMessagePack::Bigint\n#{MessagePack::VERSION.inspect}\n/), result.to_s
      expect(result.stdout).to end_with(one_library), result.to_s
      expect(result.stderr).to eq("")
    end

    it "tells the version alone by msgpack/version" do
      result = gems.ruby('require "msgpack/version"; p MessagePack::VERSION, MessagePack.constants')
      expect(result.stdout).to eq("#{MessagePack::VERSION.inspect}\n[:VERSION]\n"), result.to_s
    end

    it "is what gem \"msgpack\" means, with and without a range" do
      ['gem "msgpack"', 'gem "msgpack", ">= 1.7.0", "< 2"', 'gem "msgpack", "~> 1.2"'].each do |line|
        expect_one_library gems.ruby("#{line}\n#{report}")
      end
    end

    # RubyGems leaves it open which msgpack the first gem gets, for there are two, until something is required.
    it "is what a gem gets that depends on msgpack" do
      paths.each do |path|
        expect_one_library gems.ruby(<<~RUBY), before: %(["msgpack"]\ntrue\n)
          wanting = Gem::Specification.new("wanting", "1") { |spec| spec.add_dependency "msgpack", "~> 1.2" }
          wanting.activate
          p Gem::Specification.unresolved_deps.keys, require(#{path.inspect})
          #{report}
        RUBY
      end
    end

    it "finds msgpack-ext when that is installed for two platforms" do
      Dir.mktmpdir do |home|
        FileUtils.cp_r(File.join(gems.home, "."), home)
        result = in_subprocess(<<~RUBY, options: ["-w"], env: gems.env.merge("GEM_HOME" => home))
          spec = Gem::Specification.load(Dir.glob("#{home}/specifications/msgpack-ext-*.gemspec").first).dup
          source = spec.full_gem_path
          spec.platform = Gem::Platform.local
          spec.extensions = []
          require "fileutils"
          FileUtils.cp_r(source, "#{home}/gems/\#{spec.full_name}")
          File.write("#{home}/specifications/\#{spec.full_name}.gemspec", spec.to_ruby)
          Gem::Specification.reset

          gem "msgpack"
          p Gem::Specification.unresolved_deps.keys
          #{narrow}
          #{paths.inspect}.each { |path| narrowed { require path } }
          #{report}
        RUBY
        expect(result.stdout).to match(%r{\A\["msgpack-ext"\]\n\S+/msgpack/msgpack_ext\.\w+\n\[1\]\n\z}), result.to_s
        expect(result.stderr).to eq("")
      end
    end

    it "lets -I come before an activated gem, as Ruby does" do
      here = File.join(PackagedGem::ROOT, "lib")
      result = gems.ruby(<<~RUBY, options: ["-w", "-I", gems.lib("msgpack"), "-I", here])
        gem "msgpack-ext"
        #{paths.inspect}.each { |path| require path }
        puts $LOADED_FEATURES.grep(/msgpack_ext\\./)
      RUBY
      expect(result.stdout).to eq("#{here}/msgpack/msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}\n"), result.to_s
    end

    it "needs no RubyGems where $LOAD_PATH has both, whichever comes first" do
      libs = [gems.lib("msgpack"), gems.lib("msgpack-ext")]
      [libs, libs.reverse].each do |order|
        options = ["-w", "--disable-gems", *order.flat_map { |lib| ["-I", lib] }]
        expect_one_library gems.ruby("#{paths.inspect}.each { |path| require path }\n#{report}", options: options)
      end
    end

    it "says what is missing where msgpack-ext is not there" do
      result = gems.ruby('require "msgpack"', options: ["--disable-gems", "-I", gems.lib("msgpack")])
      expect(result).not_to be_success
      expect(result.stderr).to include("cannot load such file -- msgpack-ext (LoadError)")
    end
  end

  context "with the C gem in the same program" do
    # What the C gem is loaded by.
    let(:first) { "gem \"msgpack\", #{c_gem.version.inspect}\nrequire \"msgpack\"\n" }

    it "cannot be activated second" do
      result = gems.ruby("#{first}begin; gem 'msgpack', '>= 1.7'; rescue Gem::LoadError => e; puts e.message; end")
      expect(result.stdout).to include("already activated msgpack-#{c_gem.version}"), result.to_s
    end

    it "refuses to be loaded second, names both and their files, and leaves the C gem as it was" do
      result = gems.ruby(<<~RUBY, gems.lib("msgpack"))
        #{first}
        before = MessagePack.constants
        #{(paths - ["msgpack/version"]).inspect}.each do |path|
          require File.join(ARGV.first, path)
        rescue LoadError => e
          puts e.message
        end
        p MessagePack.constants == before, MessagePack.unpack(MessagePack.pack([1]))
      RUBY
      *messages, same, works = result.stdout.lines(chomp: true)
      expect([same, works]).to eq(["true", "[1]"]), result.to_s
      expect(messages.size).to eq(paths.size - 1)
      expect(messages).to all(include(gems.lib("msgpack-ext"), c_gem.folder, "can't be loaded: another"))
    end

    it "keeps the C gem from being activated second" do
      result = gems.ruby(<<~RUBY)
        require "msgpack"
        begin
          gem "msgpack", #{c_gem.version.inspect}
        rescue Gem::LoadError => e
          puts e.message
        end
        #{report}
      RUBY
      message, rest = result.stdout.split("\n", 2)
      expect(message).to include("already activated msgpack-#{MessagePack::VERSION}"), result.to_s
      expect(rest).to eq(one_library)
    end

    it "makes the C gem fail that is loaded second by its place, and goes on working" do
      result = gems.ruby(<<~RUBY)
        require "msgpack"
        $LOAD_PATH.push(*Gem::Specification.find_by_name("msgpack", #{c_gem.version.inspect}).full_require_paths)
        begin
          require "msgpack/msgpack"
        rescue ::TypeError => e
          puts e.message
        end
        #{report}
      RUBY
      expect(result.stdout).to match(/\Asuperclass mismatch for class (MessagePack::)?(Held)?Buffer/), result.to_s
      expect(result.stdout).to end_with("\n#{one_library}")
    end
  end

  context "with Bundler" do
    let(:readme) { File.read(File.join(PackagedGem::ROOT, "README.md")) }
    # The line that the README gives, which is to be run and not one like it.
    let(:line) { readme[/^ +(gem "msgpack", git: .+)$/, 1] }

    before do
      c_gem
      need Gem::Specification.find_all_by_name("bundler").any?, "bundler (apt-get install ruby-bundler)"
    end

    # A folder with a Gemfile, and what runs programs there. Nothing of it needs a network.
    def in_app(gemfile, env: gems.env)
      Dir.mktmpdir do |app|
        File.write(File.join(app, "Gemfile"), "source Gem.sources.first.uri.to_s\n#{gemfile}\n")
        env = env.merge("BUNDLE_APP_CONFIG" => File.join(app, ".bundle"), "BUNDLE_USER_HOME" => File.join(app, "home"),
                        "BUNDLE_SILENCE_ROOT_WARNING" => "1")
        install = run_program(RbConfig.ruby, "-S", "bundle", "install", "--local", env: env, chdir: app)
        raise install.to_s unless install.success?

        yield ->(code) { in_subprocess(code, options: [], env: env, chdir: app) }
      end
    end

    # What comes first in each of the programs that run.
    let(:beginnings) { [*paths.map { |path| "require #{path.inspect}" }, "Bundler.require", <<~RUBY] }
      #{narrow}
      begin
        narrowed { require "msgpack" }
      rescue LoadError
        # bootsnap tries it with all of $LOAD_PATH then. The folders that Bundler makes for git have another name.
        require "msgpack"
      end
    RUBY

    # The native libraries and the C gem's files that these programs have loaded, each answer once.
    def loaded(app)
      results = beginnings.map do |code|
        app.call(<<~RUBY)
          require "bundler/setup"
          #{code}
          require "msgpack"
          puts $LOADED_FEATURES.grep(%r{/msgpack/msgpack(_ext)?\\.[a-z]+\\z})
          puts $LOADED_FEATURES.select { |path| path.start_with?(#{c_gem.folder.inspect}) }
        RUBY
      end
      results.map { |result| result.success? ? result.stdout : result.to_s }.uniq
    end

    it "is one line with the installed gem" do
      in_app(%(gem "msgpack", "#{MessagePack::VERSION}")) do |app|
        expect(loaded(app)).to eq(["#{gems.native}\n"])
      end
    end

    it "is one line with a folder that holds this repository" do
      # As it looks after rake compile.
      native = "#{PackagedGem::ROOT}/lib/msgpack/msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}"
      in_app(%(gem "msgpack", path: #{PackagedGem::ROOT.inspect})) do |app|
        expect(loaded(app)).to eq(["#{native}\n"])
      end
    end

    # The repository, with what is not committed yet.
    def repository(folder)
      main = Gem::Specification.load(File.join(PackagedGem::ROOT, "msgpack-ext.gemspec")).files
      shim = gems.spec.files.map { |path| "compat/#{path}" }
      [*main, *shim, "msgpack-ext.gemspec", "compat/msgpack.gemspec"].each do |path|
        FileUtils.mkdir_p(File.dirname(File.join(folder, path)))
        FileUtils.cp(File.join(PackagedGem::ROOT, path), File.join(folder, path))
      end
      commit = %w[-c user.name=spec -c user.email=spec -c commit.gpgsign=false commit --quiet --message=All]
      [%w[init --quiet], %w[add --all], commit].each do |command|
        result = run_program("git", *command, env: ShimGem.clean, chdir: folder)
        raise result.to_s unless result.success?
      end
    end

    it "is the line of the README, by which Bundler fetches and compiles all" do
      has_git = ENV.fetch("PATH").split(File::PATH_SEPARATOR).any? { |dir| File.executable?(File.join(dir, "git")) }
      need has_git, "git (apt-get install git)"
      Dir.mktmpdir do |dir|
        home, folder = %w[home msgpack-ext].map { |name| File.join(File.realpath(dir), name).tap { |d| Dir.mkdir(d) } }
        repository(folder)
        gemfile = line.sub(/(?<=git: ").+?(?=")/, folder)
        in_app(gemfile, env: gems.env.merge("GEM_HOME" => home)) do |app|
          expect(loaded(app)).to match([%r{\A#{home}/bundler/gems/msgpack-ext-\h+/lib/msgpack/msgpack_ext\.\w+\n\z}])
        end
      end
    end

    it "is installed as the README says" do
      expect(readme.scan(%r{compat/msgpack-(\d[\d.]*\d)\.gem}).flatten.uniq).to eq([MessagePack::VERSION])
    end
  end
end
