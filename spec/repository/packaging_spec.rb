# frozen_string_literal: true

RSpec.describe "The packaged gem", :slow do
  let(:gem_package) { PackagedGem.plain }

  # The native libraries of both gems, as a program prints what it has loaded.
  let(:print_loaded) { 'puts $LOADED_FEATURES.grep(%r{/msgpack/msgpack(_ext)?\.[a-z]+\z})' }
  let(:dlext) { RbConfig::CONFIG["DLEXT"] }

  def need_c_gem
    need Gem::Specification.find_all_by_name("msgpack").any?, "the C gem msgpack (apt-get install ruby-msgpack)"
  end

  describe "its files" do
    subject(:files) { gem_package.spec.files }

    it "are what building and reading need" do
      expect(files).to include("Cargo.toml", "Cargo.lock", "LICENSE", "README.md", "CHANGELOG.md",
                               "ext/msgpack_ext/extconf.rb", "ext/msgpack_ext/Cargo.toml", "ext/msgpack_ext/src/lib.rs",
                               "ext/msgpack_wire/Cargo.toml", "ext/msgpack_wire/src/lib.rs",
                               "lib/msgpack.rb", "lib/msgpack-ext.rb", "lib/msgpack/version.rb")
      expect(files.grep(%r{\Asig/.*\.rbs\z})).not_to be_empty
      expect(files.grep(%r{\Adocs/.*\.md\z})).not_to be_empty
      # What YARD reads, at rubydoc.info too.
      expect(files).to include(".yardopts", "docs/api/packer.rb")
    end

    it "are nothing else" do
      expect(files.grep_v(%r{\A(?:docs|ext|exe|lib|sig)/|\A[^/]+\z})).to be_empty
      expect((files - [".yardopts"]).grep(%r{(?:\A|/)target/|\.(?:so|bundle|gem)\z|\A\.|Gemfile|Rakefile})).to be_empty
    end

    it "are the same where there is no git" do
      Dir.mktmpdir do |copy|
        [*files, "msgpack-ext.gemspec"].each do |path|
          FileUtils.mkdir_p(File.dirname(File.join(copy, path)))
          FileUtils.cp(File.join(PackagedGem::ROOT, path), File.join(copy, path))
        end
        %W[lib/msgpack/msgpack_ext.#{dlext} target/release/x ext/msgpack_ext/target/x spec/x_spec.rb].each do |path|
          FileUtils.mkdir_p(File.dirname(File.join(copy, path)))
          File.write(File.join(copy, path), "built")
        end
        result = in_subprocess('puts Gem::Specification.load("msgpack-ext.gemspec").files', env: { "PATH" => "" },
                                                                                            chdir: copy)
        expect(result.stdout.split("\n")).to eq(files), result.to_s
      end
    end
  end

  shared_examples "a clean installation" do
    it "leaves the library twice, where RubyGems puts it, and no build tree" do
      left = Dir.glob("**/*", File::FNM_DOTMATCH, base: installed.home)
      expect(left.grep(/\.#{dlext}\z/)).to contain_exactly(
        end_with("/lib/msgpack/msgpack_ext.#{dlext}"),
        match(%r{\Aextensions/.*/msgpack/msgpack_ext\.#{dlext}\z})
      )
      expect(left.grep(%r{/target(/|\z)|/\.rb-sys|\.(?:rlib|rmeta|o|d)\z})).to be_empty
      files = left.grep_v(/\.gem\z/).map { |path| File.join(installed.home, path) }.select { |path| File.file?(path) }
      # Two libraries of a megabyte, and one more of sources and pages. A library with its symbols has more than two.
      expect(files.sum { |path| File.size(path) }).to be < 3_500_000
    end

    it "is loaded by require \"msgpack-ext\"" do
      result = installed.ruby("require 'msgpack-ext'; p MessagePack.unpack(MessagePack.pack([1])); #{print_loaded}")
      expect(result.stdout).to eq("[1]\n#{installed.folder}/lib/msgpack/msgpack_ext.#{dlext}\n"), result.to_s
    end

    it "has no function that only tests need" do
      probes = "%i[__panic__ __unlearn__].map { |name| MessagePack.respond_to?(name, true) }"
      result = installed.ruby("require 'msgpack-ext'; p #{probes}")
      expect(result.stdout).to eq("[false, false]\n"), result.to_s
    end

    it "has its command in the folder of commands" do
      run = "load #{File.join(installed.home, "bin/msgpack-ext").inspect}"
      result = installed.ruby("ARGV.replace(%w[--version]); #{run}")
      expect(result.stdout).to include(MessagePack::VERSION), result.to_s
    end
  end

  context "when installed without the rb_sys gem" do
    let(:installed) { gem_package }

    it "is built by plain cargo" do
      expect(installed.build_log).to include("building with plain cargo")
    end

    it_behaves_like "a clean installation"
  end

  context "when installed with the rb_sys gem" do
    before do
      # Not `need`: it is no package of every Debian, and nothing depends on it.
      need PackagedGem.rb_sys_home, "the rb_sys gem (gem install rb_sys)"
    end

    let(:installed) { PackagedGem.with_rb_sys }

    it "is built by rb_sys" do
      expect(installed.build_log).to include("building with the rb_sys gem")
    end

    it_behaves_like "a clean installation"
  end

  context "with the C gem installed too" do
    before { need_c_gem }

    it "is not what a plain require \"msgpack\" loads" do
      result = gem_package.ruby("require 'msgpack'; #{print_loaded}")
      expect(result.stdout).to match(%r{\A\S+/msgpack/msgpack\.#{dlext}\n\z}), result.to_s
    end

    it "is what require \"msgpack\" means after require \"msgpack-ext\"" do
      result = gem_package.ruby("require 'msgpack-ext'; p require('msgpack'); #{print_loaded}")
      expect(result.stdout).to eq("false\n#{gem_package.folder}/lib/msgpack/msgpack_ext.#{dlext}\n"), result.to_s
    end

    it "is what require \"msgpack\" means after gem \"msgpack-ext\"" do
      result = gem_package.ruby("gem 'msgpack-ext'; require 'msgpack'; #{print_loaded}")
      expect(result.stdout).to eq("#{gem_package.folder}/lib/msgpack/msgpack_ext.#{dlext}\n"), result.to_s
    end
  end
end
