# frozen_string_literal: true

require_relative "documented_code"

# Every Ruby block of a page, run as a reader would: see DocumentedCode.
#
#   include_examples "a page whose code is run", text of the page
RSpec.shared_examples "a page whose code is run" do |page|
  blocks = DocumentedCode.blocks(page, "ruby")

  it "has its code in blocks that these examples find" do
    expect(page.scan(/^ *```ruby/).size).to eq(blocks.size).and be_positive
    expect(page.scan(/^```(\w*).*\n(?:.*\n)*?```$/).flatten - %w[ruby sh]).to eq([])
    expect(blocks.map { |block| block.promises.size }).to all(be_positive)
  end

  blocks.each do |block|
    it "runs the block at line #{block.line} with the results it shows" do
      expect(block.text).to match(/\Arequire "msgpack(?:-ext)?"\n/)

      run = in_subprocess(block.instrumented)

      expect(run).to be_success, run.to_s
      expect(DocumentedCode.results(run.stdout)).to eq(block.promises.merge(0 => "msgpack_ext"))
    end
  end
end
