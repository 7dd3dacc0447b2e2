# frozen_string_literal: true

require "json"
require "stringio"
require "tmpdir"
require_relative "../../bench/chart"
require_relative "../../bench/instructions"
require_relative "../../bench/publish"
require_relative "../../bench/report"
require_relative "../../bench/suite"

# The suite's own logic. What it measures is for people: nothing here asserts a time.
RSpec.describe "bench" do
  # A row's figures as a run gives them, from the nanoseconds of each side in one round.
  def figures(group, name, memory: {}, **sides)
    result = Bench::Result.new(Bench::Row.new(group, name, "what it is"))
    result.add(sides.transform_values { |ns| { ns: ns, check: "a" } })
    result.memory.merge!(memory)
    result.to_h
  end

  def results(*rows)
    Bench::Results.new({ made: "2015-06-04", machine: { ruby: "ruby 3.1", processor: "a processor", processors: 2 },
                         sides: { ours: { version: "1.8.100", native: "/a/folder/msgpack_ext.so" },
                                  gem: { version: "1.4.2", native: "/a/folder/msgpack.so" } },
                         rounds: 7, seconds: 0.05, rows: rows })
  end

  def aims(*rows)
    Bench::Aims.new(results(*rows)).all.to_h { |aim| [aim.what, [aim.figure, aim.reached]] }
  end

  let(:two_rows) do
    [figures(:pack, "small", ours: 100.0, gem: 200.0, floor: 80.0, json: 400.0,
                             memory: { ours: { objects: 1, bytes: 40, peak_kib: 1200 },
                                       gem: { objects: 8, bytes: 320, peak_kib: 1000 } }),
     figures(:pack, "blob", ours: 1e6, gem: 5e5)]
  end

  describe Bench::Result do
    let(:result) { described_class.new(Bench::Row.new(:pack, "small", "")) }

    it "divides figures of the same round" do
      [[10.0, 20.0], [30.0, 90.0], [20.0, 80.0]].each do |ours, gem|
        result.add({ ours: { ns: ours }, gem: { ns: gem } })
      end
      expect(result.to_h).to include(ns: { ours: 20.0, gem: 80.0 },
                                     times: { gem: { median: 3.0, low: 2.0, high: 4.0 } })
    end

    it "takes what lies between the two in the middle" do
      expect(described_class.median([4.0, 1.0, 2.0, 8.0])).to eq(3.0)
    end

    it "means factors, not differences" do
      expect(described_class.mean([0.5, 2.0])).to be_within(1e-9).of(1.0)
    end

    it "leaves a side out in rounds without it" do
      result.add({ ours: { ns: 10.0 }, json: { ns: 50.0 } })
      result.add({ ours: { ns: 30.0 } })
      expect(result.to_h[:times]).to eq(json: { median: 5.0, low: 5.0, high: 5.0 })
    end

    it "notices results that differ" do
      result.add({ ours: { ns: 1.0, check: "a" }, gem: { ns: 1.0, check: "a" }, json: { ns: 1.0, check: nil } })
      expect { result.add({ ours: { ns: 1.0, check: "a" }, gem: { ns: 1.0, check: "b" } }) }
        .to change(result, :same?).from(true).to(false)
    end
  end

  describe Bench::Rows do
    it "gives each row a title of its own" do
      titles = described_class.all.map(&:title)
      expect(titles.tally.select { |_, count| count > 1 }).to be_empty
    end

    it "has each row in a group with a heading, and done by this gem" do
      expect(described_class.all.map(&:group).uniq).to match_array(described_class::GROUPS.keys)
      expect(described_class.all).to all(be_side(:ours))
    end

    it "finds rows by the beginnings of words: pack is not unpack" do
      expect(described_class.named(["pack small"]).map(&:title)).to eq(["pack small", "pack small, kept Packer"])
      expect(described_class.named(["NOTHING"])).to be_empty
      expect(described_class.named([])).to eq(described_class.all)
    end
  end

  describe Bench::Aims do
    it "tells means, and which row is worst" do
      expect(aims(*two_rows)).to include("pack: geometric mean" => ["1.00x", false],
                                         "pack: worst row not near its floor" => ["0.50x (blob)", false])
    end

    it "passes over a row near its floor in looking for the worst" do
      near = figures(:pack, "unicode", ours: 100.0, gem: 110.0, floor: 95.0)
      far = figures(:pack, "small", ours: 100.0, gem: 700.0)
      expect(aims(near, far)).to include("pack: worst row not near its floor" => ["7.00x (small)", true])
    end

    it "asks less of a mean against the newest C gem" do
      newest = results(figures(:pack, "small", ours: 100.0, gem: 260.0))
      old = aims(figures(:pack, "small", ours: 100.0, gem: 260.0))
      newest.figures[:sides][:gem][:version] = "1.8.3"
      expect(described_class.new(newest).all.find { |aim| aim.what == "pack: geometric mean" }.reached).to be(true)
      expect(old["pack: geometric mean"].last).to be(false)
    end

    it "compares rows with each other" do
      rows = { "log in one piece" => [:streaming, 100.0], "log in 4 KiB" => [:streaming, 120.0],
               "floats" => [:unpack, 500.0], "skip, floats" => [:walk, 20.0],
               "pack in 1 Ractor" => [:ractors, 90.0], "pack in 2 Ractors" => [:ractors, 100.0] }
      expect(aims(*rows.map { |name, (group, ns)| figures(group, name, ours: ns) }))
        .to include("pieces of 4 KiB to one piece" => ["1.20", false], "skip to unpack, floats" => ["25.00x", true],
                    "pack in 2 Ractors to 1" => ["1.80x", true])
    end

    it "names rows that are slower than JSON or take more memory than the C gem" do
      hungry = figures(:unpack, "small", ours: 100.0, gem: 90.0, json: 99.0,
                                         memory: { ours: { peak_kib: 900 }, gem: { peak_kib: 600 } })
      expect(aims(hungry, *two_rows)).to include("rows slower than JSON or Marshal" => ["1: unpack small", false],
                                                 "rows with a higher peak of memory than the C gem" =>
                                                   ["1: unpack small", false])
    end

    it "is silent about what was not measured" do
      expect(aims(figures(:walk, "headers", ours: 100.0))).to be_empty
    end
  end

  describe Bench::Report do
    def printed(results)
      StringIO.new.tap { |out| described_class.new(results, out).print }.string
    end

    it "prints a line for each row, with what is not there as a dash" do
      expect(printed(results(*two_rows)).lines.grep(/\A(?:small|blob) /).map(&:split)).to eq(
        [%w[small 100 ns 2.00 2.00..2.00 1.25 4.00 - - - 1 8 1,200 1,000],
         %w[blob 1000.0 us 0.50 0.50..0.50 - - - - - - - - -]]
      )
    end

    it "says so where results differ" do
      rows = two_rows.map { |row| row.merge(same: row[:name] == "small") }
      expect(printed(results(*rows))[/^.*RESULTS DIFFER/]).to start_with("blob ")
    end

    it "says which side is not there" do
      run = results(*two_rows)
      run.figures[:sides][:oj] = { missing: "cannot load such file -- oj" }
      expect(printed(run)).to include("NOT THERE: cannot load such file -- oj")
    end
  end

  describe Bench::Results do
    it "is read from a file as it was saved, without the folders of the machine" do
      Dir.mktmpdir do |dir|
        results(*two_rows).save(dir)
        read = described_class.read(File.join(dir, "2015-06-04.json"))
        expect(read.lines.map(&:to_h)).to eq(results(*two_rows).lines.map(&:to_h))
        expect(read.figures[:sides]).to eq(ours: { version: "1.8.100" }, gem: { version: "1.4.2" })
        expect(File.read(File.join(dir, "latest.json"))).not_to include("/a/folder")
      end
    end

    it "is saved under another name, and no other" do
      Dir.mktmpdir do |dir|
        results(*two_rows).save(dir, names: ["newest.json"])
        expect(Dir.children(dir)).to eq(["newest.json"])
        expect(described_class.read(File.join(dir, "newest.json")).lines.map(&:to_h))
          .to eq(results(*two_rows).lines.map(&:to_h))
      end
    end
  end

  describe Bench::Publish do
    let(:page) do
      "# Title\n<!-- bench: pack -->\nold\n<!-- bench: end -->\ntext\n<!-- bench: means -->\n<!-- bench: end -->\n"
    end
    let(:readme) { File.join(described_class::ROOT, "README.md") }
    let(:path) { File.join(described_class::ROOT, "docs/performance.md") }

    it "makes the parts between the marks anew, and nothing else" do
      made = described_class.new(results(*two_rows)).page(page, path)
      expect(made.lines.values_at(0, 1, -1)).to eq(["# Title\n", "<!-- bench: pack -->\n", "<!-- bench: end -->\n"])
      expect(made).to include("\n<!-- bench: end -->\ntext\n<!-- bench: means -->\n")
      expect(made).not_to include("old")
      expect(described_class.new(results(*two_rows)).page(made, path)).to eq(made)
    end

    it "writes tables of as many cells in each line" do
      made = described_class.new(results(*two_rows))
      tables = %w[pack means aims behind].map { |name| made.part(name).lines }
      expect(tables.map { |lines| lines.map { |line| line.count("|") }.uniq.size }).to all(eq(1))
      expect(tables.map(&:size)).to all(be >= 3)
      expect(made.part("pack")).to include("| small | what it is | 100 ns | 2.00x | 2.00..2.00 | 1.25 | 4.00x | - " \
                                           "| - | - | 1, 40 (8, 320) | 1,200 (1,000) |\n")
    end

    it "writes parts of the run beside the newest C gem, if there has been one" do
      other = results(figures(:pack, "small", ours: 100.0, gem: 300.0))
      other.figures[:sides][:gem][:version] = "1.8.5"
      made = described_class.new(results(*two_rows), newest: described_class.new(other))
      expect(made.part("newest means")).to include("| msgpack 1.8.5 |", "| 3.00x |", "| 3.00x (small) |")
      expect(made.part("newest means")).not_to include("JSON")
      expect(made.part("newest behind")).to eq("None.\n")
      expect(made.part("means")).to include("| msgpack 1.4.2 | JSON |")
      alone = described_class.new(results(*two_rows))
      expect(alone.part("newest means")).to eq(described_class::NOTHING_YET)
    end

    it "links charts from where the page is" do
      publish = described_class.new(results(*two_rows))
      expect(publish.part("pack chart", path)).to end_with("(../bench/results/pack.svg)\n")
      expect(publish.part("pack chart", readme)).to end_with("(bench/results/pack.svg)\n")
    end

    it "refuses a part that it does not know" do
      expect { described_class.new(results(*two_rows)).part("nonsense") }.to raise_error(KeyError, /no part "nonsense"/)
    end

    described_class::PAGES.each do |file|
      it "has nothing to change in #{File.basename(file)}: its figures are the latest run's" do
        text = File.read(file)
        expect(described_class.latest.page(text, file)).to eq(text)
      end
    end
  end

  describe Bench::Chart do
    it "tells gnuplot of each row's ratios, in their places" do
      chart = described_class.new(results(*two_rows))
      program = chart.program(:pack, results(*two_rows).lines)
      expect(program).to include("$gem << EOD\n2.0 0\n0.5 1\nEOD\n", "$json << EOD\n4.0 0\nEOD\n",
                                 "set ytics (\"small\" 0, \"blob\" 1)\n")
      expect(program).not_to include("$marshal")
    end

    it "draws an SVG with the rows' names" do
      there = system("gnuplot", "--version", out: File::NULL, err: File::NULL)
      skip "missing: gnuplot (bin/setup --bench)" unless there
      # Under Bundler a gem that the Gemfile does not name.
      begin
        require "rexml/document"
      rescue LoadError
        skip "missing: rexml"
      end
      svg = REXML::Document.new(described_class.new(results(*two_rows)).svg(:pack))
      texts = REXML::XPath.match(svg, "//*[local-name()='text']//text()").map { |text| text.value.strip }
      expect(svg.root.name).to eq("svg")
      expect(texts).to include("small", "blob", "msgpack 1.4.2", "JSON")
    end
  end

  describe Bench::Instructions do
    def counted(ruby: "3.1", **counts)
      { ruby: ruby, instructions: counts }
    end

    it "marks changes above 5 %, up or down" do
      lines = described_class.report(counted(a: 1000, b: 1000, c: 1000), counted(a: 1050, b: 1051, c: 940, d: 7)).lines
      expect(lines.map { |line| line.split[0, 3] + [line.include?("<==")] }).to eq(
        [["a", "1050", "+5.0", false], ["b", "1051", "+5.1", true], ["c", "940", "-6.0", true],
         ["d", "7", "(new)", false]]
      )
    end

    it "says that the counts are another Ruby's" do
      expect(described_class.report(counted(ruby: "3.0", a: 1), counted(a: 1)))
        .to start_with("Recorded with Ruby 3.0, counted with 3.1\n")
    end

    it "counts rows that there are" do
      titles = Bench::Rows.all.map(&:title)
      expect(described_class::WORKLOADS.keys - titles).to be_empty
    end
  end

  describe Bench::Library, :slow do
    it "refuses another library than the one that was asked for" do
      Dir.mktmpdir do |dir|
        File.write(File.join(dir, "msgpack.rb"), "load File.join(#{SubprocessHelpers::LIB.inspect}, 'msgpack-ext.rb')")
        run = run_program(RbConfig.ruby, File.join(Bench::Publish::ROOT, "bench/peer.rb"), "gem", dir)
        expect(run.stdout).to be_empty
        expect(run.stderr).to match(%r{\Aasked for .*, but .*/msgpack_ext\.\w+ was loaded$})
      end
    end
  end

  describe Bench::Suite, :slow do
    # A hundredth of the data, one operation each: what is compared, not how long it takes.
    def self.tiny
      ENV["BENCH_DIVIDE"] = "100"
      @tiny ||= Bench::Suite.new(Bench::Rows.all, rounds: 1, turns: 1, memory: false).run
    ensure
      ENV.delete("BENCH_DIVIDE")
    end

    let(:tiny) { self.class.tiny }

    it "has equal results of all sides in every row" do
      expect(tiny[:rows].size).to be >= Bench::Rows.all.size - 1
      expect(tiny[:rows].reject { |row| row[:same] }).to be_empty
    end

    Bench::Library::SIDES.each do |side|
      it "has figures of the side #{side} in all its rows" do
        missing = tiny[:sides].dig(side, :missing)
        need !missing, "msgpack, the C gem" if side == :gem
        skip "missing: #{side} (bin/setup --bench)" if missing
        without = tiny[:rows].reject { |row| row[:ns].key?(side) }.map { |row| "#{row[:group]} #{row[:name]}" }
        expect(without & rows_of(side)).to be_empty
      end
    end

    # Some came to the C gem after the version at hand.
    def rows_of(side)
      titles = Bench::Rows.all.select { |row| row.side?(side) }.map(&:title)
      side == :gem ? titles.grep_v(/recursive|big integers|Pool|Ractor/) : titles
    end

    it "measures memory and the start of both libraries" do
      need File.exist?("/proc/self/status"), "Linux's /proc"
      run = described_class.new([Bench::Rows.titled("unpack API response")], rounds: 1, turns: 1, sides: %i[ours]).run
      # Each of its 1,000 items takes more than ten objects: maps, arrays, Strings.
      expect(run[:rows][0][:memory][:ours]).to include(objects: be_between(10_000, 20_000), bytes: be > 400_000,
                                                       peak_kib: be > 400)
      native = File.join(SubprocessHelpers::LIB, "msgpack/msgpack_ext.#{RbConfig::CONFIG["DLEXT"]}")
      expect(run[:start][:ours]).to include(native_bytes: File.size(native))
    end
  end

  describe "the floor", :slow do
    it "builds the same objects as an unpacking, and copies as many bytes as the Strings of a document have" do
      program = <<~RUBY
        require #{File.join(Bench::Floor.build, "floor").inspect}
        require #{File.join(Bench::Publish::ROOT, "bench/rows").inspect}
        Bench::Rows::Documents::TABLE.each do |name, _, build|
          value = build.call
          GC.stress = true if name == "log record"
          made = Bench::Floor::Plan.new(value).build
          copied = Bench::Floor::Walk.new(value).copy
          writer = Bench::Floor::Writer.new(value)
          reader = Bench::Floor::Reader.new(value, 4)
          kept = Array.new(2) { [writer.write(value).to_s, writer.clear, reader.feed("four").read] }
          GC.stress = false
          puts [name, made == value, made.inspect == value.inspect, kept == [[copied, nil, value]] * 2,
                copied.include?("192.0.2.")].join("\t")
        end
        appender = Bench::Floor::Appender.new(8)
        puts ["appender", appender.write_array_header(2).write(1).write(nil).write("text").equal?(appender)].join("\t")
      RUBY
      lines = in_subprocess(program).stdout.lines(chomp: true).map { |line| line.split("\t") }
      expect(lines.pop).to eq(%w[appender true])
      expect(lines.map { |_, *same| same[0, 3] }).to eq([%w[true true true]] * Bench::Rows::Documents::TABLE.size)
      expect(lines.assoc("log record").last).to eq("true")
    end
  end

  describe "bench/compare.rb", :slow do
    def compare(*arguments)
      run_program(RbConfig.ruby, File.join(Bench::Publish::ROOT, "bench/compare.rb"), *arguments)
    end

    it "prints a table and writes the same figures to a file" do
      Dir.mktmpdir do |dir|
        file = File.join(dir, "figures.json")
        run = compare("--rounds", "1", "--seconds", "0.0001", "--json", file, "unpack small")
        expect(run).to be_success, run.to_s
        figures = JSON.parse(File.read(file), symbolize_names: true)
        expect(figures[:rows].map { |row| row[:name] }).to eq(["small", "small, kept Unpacker"])
        expect(run.stdout).to match(/^small, kept Unpacker +\d/)
      end
    end

    it "says what is wrong with its arguments" do
      expect(compare("nonsense").stderr).to eq("bench/compare.rb: no row matches nonsense (see --list)\n")
      expect(compare("--save", "pack").stderr).to include("--save takes a run of all rows")
      expect(compare("--peer", "/no/such/folder").stderr).to eq("bench/compare.rb: no folder /no/such/folder\n")
      expect(compare("--bounds", "1").stderr).to start_with("bench/compare.rb: invalid option: --bounds")
    end
  end
end
