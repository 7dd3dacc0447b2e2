# frozen_string_literal: true

require "yaml"
require_relative "../../rakelib/native_gem"

# .github: what can be known of it without running it there.
RSpec.describe "The workflows" do
  root = File.expand_path("../..", __dir__)
  files = Dir.glob(File.join(root, ".github/workflows/*.yml"))

  def load_yaml(text) = Psych.safe_load(text)

  let(:workflows) { files.to_h { |path| [File.basename(path), load_yaml(File.read(path))] } }
  let(:jobs) { workflows.values.flat_map { |workflow| workflow.fetch("jobs").to_a } }
  let(:steps) { jobs.flat_map { |_, job| job.fetch("steps") } }
  let(:commands) { steps.filter_map { |step| step["run"] } }
  let(:gem_spec) { Gem::Specification.load(File.join(root, "msgpack-ext.gemspec")) }

  it "are one of checks and one of native gems, for which nobody needs to have written rights" do
    expect(workflows.keys).to contain_exactly("ci.yml", "native.yml")
    expect(workflows.values.map { |workflow| workflow.fetch("permissions") }).to all(eq("contents" => "read"))
  end

  it "have jobs of steps that each run a command or an action of a named version" do
    expect(jobs.map { |_, job| job["runs-on"] }).to all(be_a(String))
    expect(steps).to all(satisfy { |step| step.key?("run") ^ step.key?("uses") })
    expect(steps.filter_map { |step| step["uses"] }).to all(match(%r{\A[\w-]+(/[\w-]+)+@v\d+\z}))
  end

  it "run the specs on Linux, macOS and Windows with each Ruby that the gem is for" do
    matrix = workflows.fetch("ci.yml").dig("jobs", "specs", "strategy", "matrix")
    expect(matrix.fetch("os")).to eq(%w[ubuntu-latest macos-latest windows-latest])
    expect(matrix.fetch("ruby")).to eq(NativeGem::RUBIES)
  end

  it "know the same Rubies as the gem: no more and no less" do
    supported = ->(version) { gem_spec.required_ruby_version.satisfied_by?(Gem::Version.new(version)) }
    expect(NativeGem::RUBIES.flat_map { |name| ["#{name}.0", "#{name}.9"] }).to all(satisfy(&supported))
    before, after = NativeGem::RUBIES.values_at(0, -1).map { |name| name.split(".").map(&:to_i) }
    expect(["#{before[0]}.#{before[1] - 1}.9", "#{after[0]}.#{after[1] + 1}.0"].select(&supported)).to eq([])
  end

  it "call tasks and programs that there are" do
    tasks = run_program(RbConfig.ruby, "-S", "rake", "--all", "--tasks", chdir: root).stdout.scan(/^rake (\S+?)[\s\[]/)
    called = commands.flat_map { |command| command.scan(/\brake "?([a-z_: ]+)/) }.flatten.flat_map(&:split)
    expect(called).to include("lint", "compile", "native", "gem:vendored")
    expect(called - tasks.flatten).to eq([])
    programs = commands.flat_map { |command| command.scan(%r{(?:\A|\s)((?:bin|\.ci)/\w+)}) }.flatten
    expect(programs).to include("bin/setup", ".ci/run")
    expect(programs.reject { |path| File.executable?(File.join(root, path)) }).to eq([])
    specs = commands.flat_map { |command| command.scan(%r{spec/\S+\.rb}) }
    expect(specs.reject { |path| File.exist?(File.join(root, path)) }).to eq([])
  end

  it "build for platforms that the rb_sys gem knows", :slow do
    skip "missing: the rb_sys gem (gem install rb_sys)" unless PackagedGem.rb_sys_home
    platforms = workflows.fetch("native.yml").dig("jobs", "native", "strategy", "matrix", "platform")
    print_known = "puts RbSys::ToolchainInfo.supported.map(&:platform)"
    known = in_subprocess("require 'rb_sys/version'; require 'rb_sys/toolchain_info'; #{print_known}",
                          env: { "GEM_PATH" => PackagedGem.rb_sys_home }).stdout.split("\n")
    expect(platforms).to include("x86_64-linux", "arm64-darwin", "x64-mingw-ucrt")
    expect(platforms - known).to eq([])
  end

  it "stand beside templates for issues with a name and a purpose" do
    heads = Dir.glob(File.join(root, ".github/ISSUE_TEMPLATE/*.md")).map do |path|
      File.read(path)[/\A---\n(.*?)^---$/m, 1]
    end
    expect(heads.size).to eq(2)
    expect(heads.map { |head| load_yaml(head).keys }).to all(eq(%w[name about labels]))
  end
end
