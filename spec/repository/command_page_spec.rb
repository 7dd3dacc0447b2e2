# frozen_string_literal: true

# docs/command.md: what it shows is run.
RSpec.describe "docs/command.md" do
  page = File.read(File.expand_path("../../docs/command.md", __dir__), encoding: "UTF-8")
  blocks = page.scan(/^```console\n\$ (.*?)\n(.*?)^```$/m)

  it "has its examples in blocks that are found here" do
    expect(page.scan(/^```(\w+)$/).size).to eq(blocks.size).and be_positive
  end

  blocks.each do |line, shown|
    it "shows what this prints: #{line}" do
      Dir.mktmpdir do |dir|
        program = File.join(dir, "msgpack-ext")
        File.write(program, "#!/bin/sh\nexec '#{RbConfig.ruby}' '#{CommandHelpers::EXE}' \"$@\"\n")
        File.chmod(0o755, program)
        run = run_program("sh", "-c", "exec 2>&1; #{line}", env: { "PATH" => "#{dir}:#{ENV.fetch("PATH")}" })
        expect(run.stdout).to eq(shown)
      end
    end
  end

  it "has each exit status" do
    require "msgpack/command"
    statuses = MessagePack::Command::Status.constants.map { |name| MessagePack::Command::Status.const_get(name) }
    expect(page[/^## Exit status\n(.*?)^## /m, 1].scan(/^\| (\d+) \|/).flatten.map(&:to_i)).to match_array(statuses)
  end

  it "has each command, with its arguments" do
    require "msgpack/command"
    expect(page.scan(/^\| `([a-z-]+) ([^`]+)` \|/)).to eq(
      MessagePack::Command::SUBCOMMANDS.keys.map { |name| [name, MessagePack::Command.subcommand(name)::ARGUMENTS] }
    )
  end
end
