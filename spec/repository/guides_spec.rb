# frozen_string_literal: true

# docs/tutorial.md and docs/extended-types.md: their code is run, contents and pictures are compared with the rest.
root = File.expand_path("../..", __dir__)

%w[tutorial extended-types].each do |name|
  RSpec.describe "docs/#{name}.md", :slow do
    include_examples "a page whose code is run", File.read(File.join(root, "docs", "#{name}.md"), encoding: "UTF-8")
  end
end

RSpec.describe "docs/tutorial.md" do
  page = File.read(File.join(root, "docs/tutorial.md"), encoding: "UTF-8")

  it "compares with JSON as it is" do
    require "json"
    order = { "id" => 7, "items" => %w[tea milk], "paid" => true, "sum" => 4.5 }
    expect(page[/As JSON it would be (\d+) bytes/, 1].to_i).to eq(JSON.generate(order).bytesize)
  end

  it "numbers its steps as its contents do" do
    steps = page.scan(/^## (.+)$/).flatten
    expect(steps.size).to eq(7)
    expect(page.scan(/^\d\. \[(.+)\]/).flatten).to eq(steps.map { |step| step.delete_prefix(step[/\A\d\. /]) })
  end
end

RSpec.describe "docs/extended-types.md" do
  page = File.read(File.join(root, "docs/extended-types.md"), encoding: "UTF-8")
  steps = [["1", "unpacker.exttype(n)"], ["2", "unpacker.default_exttype"],
           ["3", "Unpacker.exttype(n)"], ["4", "Unpacker.default_exttype"]]

  it "shows the lookup chain as the unpacker walks it, in a table and in a picture" do
    picture = File.read(File.join(root, "docs/lookup-chain.svg"), encoding: "UTF-8")
    expect(page.scan(/^\| (\d) \| `(\S+)` \|/)).to eq(steps)
    expect(picture.scan(%r{class="name"[^>]*>(\w+\.\w*exttype[^<]*)</text>\n.*>(\d): }).map(&:reverse)).to eq(steps)
  end

  it "has all its sections in its contents" do
    expect(page.scan(/^- \[(.+)\]/).flatten).to eq(page.scan(/^## (.+)$/).flatten)
  end
end
