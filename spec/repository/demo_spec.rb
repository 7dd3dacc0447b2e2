# frozen_string_literal: true

require "tmpdir"
require_relative "../../examples/demo/main"

# The demo's program on the compiled checkout. That the gem builds and installs
# is packaging_spec's subject; here `--lib` takes the place of that.
RSpec.describe "bin/demo", :slow do
  root = File.expand_path("../..", __dir__)
  status = <<~STATUS
    Package: first
    Status: install ok installed
    Installed-Size: 4711
    Essential: yes
    Depends: libc6 (>= 2.36), second | third
    Conffiles:
     /etc/first.conf 0123456789abcdef
     /etc/first.d/a 00000000000000000000000000000000
    Description: the first
     a line more
     .
     Größe 漢字: 3

    Package: second
    Depends: first
  STATUS

  around do |example|
    Dir.mktmpdir do |dir|
      @status = File.join(dir, "status")
      File.write(@status, status)
      example.run
    end
  end

  def demo(*options)
    run_program(RbConfig.ruby, "examples/demo/main.rb", "--lib", "lib", *options, chdir: Demo::Install::ROOT)
  end

  describe "its program" do
    it "takes records there and back, and says so" do
      outcome = demo("--dpkg", @status)

      expect(outcome).to be_success, outcome.to_s
      expect(outcome.stdout).to match(%r{^library: .*/lib/msgpack/msgpack_ext\.\w+$})
      expect(outcome.stdout).to match(/^Debian packages +2 +\d+ +\d+ +\d+\.\d%$/)
      gems = outcome.stdout[/^Ruby gems +(\d+) /, 1].to_i
      expect(gems).to be > 10
      expect(outcome.stdout).to match(/^packed +\d+ +\d+$/).and match(/^unpacked +\d+ +\d+$/)
      expect(outcome.stdout).to match(/^there and back over TCP, 97 bytes at a time +\d+ +\d+$/)
      expect(outcome.stdout).to match(/saw #{gems + 2} records in \d{2,} pieces\.$/)
      expect(outcome.stdout).to include("#{gems + 2} of #{gems + 2} records came back equal.\n")
      expect(outcome.stdout).to match(/ Gem::Version equal$/).and match(/ Time equal$/)
    end

    it "names as further reading only what is there" do
      files = Demo::Main::NEXT.scan(%r{^  ([\w./-]+)  }).flatten
      expect(files.size).to eq(6)
      expect(files.reject { |file| File.exist?(File.join(root, file)) }).to eq([])
    end

    it "goes on without a package database" do
      outcome = demo("--dpkg", "#{@status}.none")

      expect(outcome).to be_success, outcome.to_s
      expect(outcome.stdout).to match(/^Debian packages +not here$/).and match(/records came back equal\.$/)
    end

    it "keeps control characters for terminals" do
      outcome = demo("--dpkg", @status)
      expect(outcome.stdout + outcome.stderr).not_to match(/[\r\e]/)
    end

    it "stops when the library is not this gem's" do
      Dir.mktmpdir do |dir|
        File.write(File.join(dir, "msgpack-ext.rb"), "module MessagePack; end")
        outcome = run_program(RbConfig.ruby, "examples/demo/main.rb", "--lib", dir, chdir: root)

        expect(outcome).not_to be_success
        expect(outcome.stderr).to include("expected msgpack_ext from")
      end
    end

    it "fails when a record comes back changed" do
      code = <<~RUBY
        require "#{root}/examples/demo/main"
        Demo::Stream.prepend(Module.new { def exchange(records) = super.tap { |back| back.first["version"] = nil } })
        exit Demo::Main.new(["--lib", "#{root}/lib", "--dpkg", ""]).run
      RUBY
      outcome = in_subprocess(code)

      expect(outcome).not_to be_success
      expect(outcome.stdout).to match(/^(\d+) of (?!\1)\d+ records came back equal: THAT IS A BUG\.$/)
    end
  end

  describe Demo::Records do
    it "reads the package database's fields as what they are" do
      first, second = described_class.packages(@status)

      expect(first).to include("Package" => "first", "Installed-Size" => 4711, "Essential" => true,
                               "Depends" => ["libc6 (>= 2.36)", "second | third"])
      expect(first["Conffiles"]).to eq("/etc/first.conf" => "0123456789abcdef", "/etc/first.d/a" => "0" * 32)
      expect(first["Description"]).to eq("the first\n a line more\n .\n Größe 漢字: 3")
      expect(second).to eq("Package" => "second", "Depends" => ["first"])
    end

    it "takes versions and times of gems as objects" do
      described_class.gems.each { |record| expect(record).to include("version" => Gem::Version, "date" => Time) }
    end
  end

  describe Demo::Install do
    # Stands where `gem` would be called: one install takes a minute.
    let(:counting) do
      Class.new(described_class) do
        def calls = (@calls ||= [])

        private

        def gem(*arguments) = calls << arguments.first
      end
    end
    let(:progress) { Demo::Progress.new(StringIO.new) }

    it "installs once from the same sources, again when they have changed" do
      Dir.mktmpdir do |dir|
        install = counting.new(progress, dir: dir)
        expect([install.run, install.run]).to eq([true, false])
        expect(install.calls).to eq(%w[build install])

        expect(counting.new(progress, dir: dir).run).to be(false)
        File.write(File.join(dir, "installed"), "other sources")
        expect(counting.new(progress, dir: dir).run).to be(true)
      end
    end

    it "shows the end of the log when a step fails" do
      Dir.mktmpdir do |dir|
        install = described_class.new(progress, dir: dir)
        expect { install.send(:gem, "no-such-command") }
          .to raise_error(Demo::Install::Failed, /gem no-such-command failed.*no-such-command.*install\.log/m)
      end
    end
  end

  it "is a script that the shell can read" do
    expect(File).to be_executable(File.join(root, "bin/demo"))
    outcome = run_program("bash", "-n", File.join(root, "bin/demo"))
    expect(outcome).to be_success, outcome.to_s
  end
end
