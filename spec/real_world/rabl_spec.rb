# frozen_string_literal: true

require_relative "application"

# Templates of rabl, rendered as MessagePack.
RSpec.describe "rabl", :real_world do
  before(:context) do
    need Application.possible?("rabl"), "rabl, bundler and the C gem (bin/setup --real-world)"
    @report = Application.report("rabl", "rabl")
    @on_c_gem = Application.report("rabl", "rabl", c_gem: true)
  end

  let(:report) { @report }
  let(:on_c_gem) { @on_c_gem }

  it "runs on this gem alone" do
    expect(report[:loaded]).to be_this_gem_alone
    expect(on_c_gem[:loaded].grep(/msgpack_ext/)).to eq([])
  end

  it "renders an object with children and partials" do
    hash, bytes = report[:object]
    expect(hash["comments"].size).to eq(100)
    expect(hash["comments"][63]).to eq("id" => 2**63, "text" => "\u3072" * 63, "by" => "a23@example.org")
    expect(hash).to include("options" => { "a" => { "b" => 1 } }, "html" => "<b>é</b>", "symbol" => "published")
    expect(MessagePack.unpack(bytes)).to eq("post" => hash)
  end

  it "renders a collection, binary data, nothing at all, and a template that extends another" do
    hash, bytes = report[:collection]
    expect(hash.size).to eq(3)
    expect(MessagePack.unpack(bytes)).to eq("posts" => hash.map { |post| { "post" => post } })
    report.values_at(:binary, :extended).each do |data, packed|
      expect(MessagePack.unpack(packed)).to eq("post" => data)
    end
    expect(MessagePack.unpack(report[:binary].last).dig("post", "picture")).to have_attributes(
      bytesize: 400, encoding: Encoding::BINARY
    )
    expect(MessagePack.unpack(report[:none].last)).to eq("found" => false)
  end

  it "renders objects that write themselves, and others once DefaultFactory has their type" do
    expect(MessagePack.unpack(report[:money])).to eq("post" => { "price" => [1999, "EUR"] })
    expect(report[:time_refused]).to eq([NoMethodError, :to_msgpack])
    expect(report[:time_read]).to eq("post" => { "at" => Time.at(1_700_000_000, 123_456_789, :nsec) })
  end

  it "takes a Factory as its engine" do
    expect(report[:factory]).to eq("\x81\xA5price\xD7\x051999 EUR".b)
    expect(report[:factory_read]).to eq(%w[1999 EUR])
  end

  it "renders the same bytes as with the C gem" do
    expect(report.except(:loaded)).to eq(on_c_gem.except(:loaded))
  end
end
