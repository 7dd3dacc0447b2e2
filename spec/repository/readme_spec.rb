# frozen_string_literal: true

# The README's code is run, and what it names is there.
RSpec.describe "README.md" do
  root = File.expand_path("../..", __dir__)
  text = File.read(File.join(root, "README.md"), encoding: "UTF-8")

  include_examples "a page whose code is run", text

  it "names commands that exist" do
    lines = DocumentedCode.blocks(text, "sh").flat_map { |block| block.text.lines(chomp: true) }
    expect(lines).to include(a_string_starting_with("bin/demo"))
    lines.each do |line|
      command = line.split.first
      found = if command.include?("/")
                File.executable?(File.join(root, command))
              else
                ENV.fetch("PATH").split(File::PATH_SEPARATOR).any? { |dir| File.executable?(File.join(dir, command)) }
              end
      expect(found).to be(true), "#{command} (of #{line.inspect}) is not there"
    end
  end

  it "names files that exist" do
    named = text.scan(%r{(?<![\w/.])(?:bin|bench|docs|examples|sig|spec)/[\w./-]*\w}) + ["msgpack-ext.gemspec"]
    expect(named).to include("bin/demo")
    expect(named.uniq.reject { |path| File.exist?(File.join(root, path)) }).to eq([])
  end

  it "installs the version that this is" do
    expect(text.scan(/msgpack-ext-(\d[\d.]*\d)\.gem/).flatten.uniq).to eq([MessagePack::VERSION])
  end
end
