# frozen_string_literal: true

# docs/migrating.md: each line with a result is run with this gem, and with the C gem, of which the page says what it
# does instead.
RSpec.describe "docs/migrating.md" do
  root = File.expand_path("../..", __dir__)
  page = File.read(File.join(root, "docs/migrating.md"), encoding: "UTF-8")
  blocks = DocumentedCode.blocks(page, "ruby")

  def results(run)
    expect(run).to be_success, run.to_s
    DocumentedCode.results(run.stdout)
  end

  include_examples "a page whose code is run", page

  describe "what it says of the C gem" do
    # Not the gem of compat/, which bears the same name.
    c_gem = %(gem "msgpack", "< #{MessagePack::VERSION}"\n)
    version = nil

    define_method(:on_c_gem) { |code| in_subprocess(c_gem + code, env: PackagedGem::CLEAN, options: ["-W0"]) }

    before do
      version ||= on_c_gem(%(require "msgpack"\nputs MessagePack::VERSION)).stdout
      need version != "", "the C gem msgpack (apt-get install ruby-msgpack)"
    end

    # Of the release that is here; bin/trixie has the other one.
    blocks.select { |block| %w[1.4 1.7].any? { |series| block.about?(series) } }.each do |block|
      it "is so in the block at line #{block.line}" do
        series = version[/\A\d+\.\d+/]
        skip "the page does not say what #{series} does here" unless block.about?(series)

        run = on_c_gem(block.instrumented)
        expect(results(run)).to eq(block.promises_of_c_gem(series).merge(0 => "msgpack"))
      end
    end
  end

  it "says of the C gem 1.7 what is so", :real_world do
    told = blocks.select { |block| block.about?("1.7") }
    programs = told.map { |block| %(gem "msgpack", "~> 1.7.0"\n#{block.instrumented}) }
    run = run_program("bin/trixie", "bash", "-ec", 'for program; do ruby -W0 -e "$program"; echo END; done', "each",
                      *programs, chdir: root)
    expect(run).to be_success, run.to_s
    expect(run.stdout.split("END\n").map { |output| DocumentedCode.results(output) })
      .to eq(told.map { |block| block.promises_of_c_gem("1.7").merge(0 => "msgpack") })
  end

  it "shows bytes that end in an error, where the C gem asks for too much memory" do
    rows = page.scan(/^\| .+`"((?:\\x\h\h)+)"` \|.+\| `UnderflowError`/).flatten
    expect(rows.size).to eq(2)
    rows.each do |row|
      bytes = row.scan(/\h\h/).map(&:hex).pack("C*")
      expect { MessagePack.unpack(bytes) }.to raise_error(MessagePack::UnderflowError)
    end
  end
end
