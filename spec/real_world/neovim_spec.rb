# frozen_string_literal: true

require_relative "application"

# Neovim, a program that speaks MessagePack-RPC by a library of its own, driven by the neovim gem.
RSpec.describe "Neovim", :real_world do
  before(:context) do
    need Application.possible?("neovim", programs: %w[nvim]), "nvim, neovim and bundler (bin/setup --real-world)"
  end

  describe "as the child of a program" do
    before(:context) do
      @report = Application.report("neovim", "neovim")
      @on_c_gem = Application.report("neovim", "neovim", c_gem: true)
    end

    let(:report) { @report }
    let(:on_c_gem) { @on_c_gem }

    it "runs on this gem alone" do
      expect(report[:loaded]).to be_this_gem_alone
      expect(on_c_gem[:loaded].grep(/msgpack_ext/)).to eq([])
    end

    it "answers 2,000 calls" do
      expect(report[:calls]).to be > 2_000
      expect(report[:many].map(&:last)).to eq((0...500).map { |i| 2 * i })
      expect(report[:many].map(&:first).uniq).to match([["Neovim::Buffer", Integer]])
    end

    it "hands out buffers, windows and tabpages as extended types" do
      expect(report[:types]).to eq("Buffer" => 0, "Window" => 1, "Tabpage" => 2)
      first, created, all = report[:buffers]
      expect(all).to eq([first, *created])
      expect(all.size).to eq(201)
      expect(all.map(&:first).uniq).to eq(["Neovim::Buffer"])
      expect(report[:same]).to be(true)
      expect(report[:windows].size).to eq(11)
      expect(report[:windows]).to all(match([["Neovim::Window", Integer], ["Neovim::Buffer", Integer], [2, Integer],
                                             ["Neovim::Tabpage", Integer], true]))
      expect(report[:tabpages].flat_map { |tabpage| tabpage[1] }).to match_array(report[:windows].map(&:first))
      answers, error = report[:atomic]
      expect(answers.first(20)).to all(be_an(Integer))
      expect(answers[-3]).to start_with(*all)
      expect(answers.last(2)).to eq([report[:windows].map(&:first), report[:tabpages].map(&:first)])
      expect(error).to be_nil
    end

    it "takes and gives text and values of every kind and size" do
      expect(report[:lines].size).to eq(200)
      expect(report[:lines][7]).to start_with("buffer 7 \u3072", 5, ["line 7", "é" * 7, "\u{1f37a}", "", "x" * 259])
      expect(report[:large_text]).to be(true)
      expect(report[:large_line]).to eq([[3_000_000, 3_000_000, Encoding::UTF_8]])
      expect(report[:values].size).to be > 30
      expect(report[:variables]).to eq(report[:values].map { |value| [value] * 3 })
      expect(report[:symbols]).to eq("[{'key': 'value'}, 'symbol']")
      expect(report[:lua]).to eq([["é", { "k" => [nil] }], 1.5, { "key" => true }])
      expect(report[:blob]).to eq("\x00\xFFAB".b)
    end

    it "tells of its errors, and goes on" do
      expect(report[:errors].first).to eq(["RuntimeError", "oops \u3072"])
      expect(report[:errors].last).to eq("NoMethodError")
      expect(report[:errors]).not_to include(nil)
    end

    it "sends events and asks back" do
      expect(report[:events]).to include(
        ["nvim_buf_lines_event", [["Neovim::Buffer", Integer], Integer, 0, 0, ["new \u3072"], false]]
      ).and include(["double", [29, { "k" => [1.5] }]])
      expect(report[:answers].map { |answer| answer.first(2) }).to eq((0...30).map { |i| [2 * i, "ok"] })
    end

    it "gives the same as with the C gem" do
      expect(report.except(:loaded)).to eq(on_c_gem.except(:loaded))
    end
  end

  it "runs Ruby in the neovim gem's host, which runs on this gem alone too" do
    report = Application.report("neovim_provider", "neovim")
    expect(report[:loaded]).to be_this_gem_alone
    expect(report[:host_loaded]).to be_this_gem_alone
    expect(report[:other_process]).to be(true)
    expect(report[:rubydo]).to eq(Array.new(12_000) { |i| "LINE #{i} \u3072" })
    expect(report[:current]).to eq(["[299, {\"\u3072\"=>299}]", [7, 3]])
  end
end
