# frozen_string_literal: true

# The README's code, run as a reader would: see DocumentedCode.
RSpec.describe "README.md" do
  root = File.expand_path("../..", __dir__)
  text = File.read(File.join(root, "README.md"), encoding: "UTF-8")
  blocks = %w[ruby sh].to_h { |language| [language, DocumentedCode.blocks(text, language)] }

  it "has its code in blocks that these examples find" do
    fences = text.scan(/^```(\w+)$/).flatten
    expect(fences.tally).to eq(blocks.transform_values(&:size))
    expect(fences.count("ruby")).to be >= 8
  end

  blocks["ruby"].each do |block|
    it "runs the block at line #{block.line} with the results it shows" do
      expect(block.text).to start_with(%(require "msgpack-ext"\n))

      outcome = in_subprocess(block.instrumented)

      expect(outcome).to be_success, outcome.to_s
      expect(DocumentedCode.results(outcome.stdout)).to eq(block.promises.merge(0 => "msgpack_ext"))
    end
  end

  it "names commands that exist" do
    blocks["sh"].flat_map { |block| block.text.lines(chomp: true) }.each do |line|
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
    linked = text.scan(/\]\(([^)#:]+)\)/).flatten
    named = text.scan(%r{(?<![\w/.])(?:bin|bench|docs|examples|sig|spec)/[\w./-]*\w}) + ["msgpack-ext.gemspec"]
    missing = (linked + named).uniq.reject { |path| File.exist?(File.join(root, path)) }
    expect(linked).not_to be_empty
    expect(missing).to eq([])
  end

  it "installs the version that this is" do
    expect(text.scan(/msgpack-ext-(\d[\d.]*\d)\.gem/).flatten.uniq).to eq([MessagePack::VERSION])
  end

  it "shows the lookup chain as the unpacker walks it" do
    steps = text.scan(/^\| (\d) \| `(\S+)` \|/)
    expect(steps).to eq([["1", "unpacker.exttype(n)"], ["2", "unpacker.default_exttype"],
                         ["3", "Unpacker.exttype(n)"], ["4", "Unpacker.default_exttype"]])
  end
end
