# frozen_string_literal: true

require_relative "application"
require "date"
require "json"
require "yaml"

# bootsnap keeps what it knows of $LOAD_PATH, and what YAML and JSON files hold, as MessagePack.
RSpec.describe "bootsnap", :real_world do
  # Files whose contents it can keep, and those that it cannot: an Integer beyond 64 bits is refused with RangeError,
  # an object with NoMethodError.
  kept = {
    "plain.yml" => { "text" => ["", "é\u3072\u{1f37a}", "x" * 300], "numbers" => [0, -33, 2**40, -(2**63), 1.5, -0.0],
                     "rest" => [nil, true, { "deep" => { "deeper" => [[], {}] } }],
                     "many" => (1..400).to_h { |i| ["key #{i}", i] } },
    "types.yml" => { symbol: :sÿmbol, "date" => Date.new(2020, 2, 29), "pattern" => /\u3072.b/i,
                     "time" => Time.at(1_600_000_000, 123_456_789, :nsec) },
    "data.json" => { "a" => [1, -2.5, nil, "é\n\u{1f37a}", { "b" => {} }, 2**63, "y" * 70_000] }
  }
  refused = { "big.yml" => { "big" => 2**70 }, "object.yml" => "--- !ruby/object:Server\nhost: example\n" }

  # An application's folder.
  define_method(:in_folder) do |&block|
    Dir.mktmpdir("real-world") do |folder|
      folder = File.realpath(folder)
      Dir.mkdir(File.join(folder, "config"))
      { **kept, **refused }.each do |name, data|
        text = name.end_with?(".json") ? data.to_json : data.to_yaml
        File.write(File.join(folder, "config", name), data.is_a?(String) ? data : text)
      end
      60.times do |i|
        FileUtils.mkdir_p(File.join(folder, "lib#{i % 30}"))
        File.write(File.join(folder, "lib#{i % 30}", "feature_#{i}.rb"), "FEATURE_#{i} = #{i}\n")
      end
      block.call(folder)
    end
  end

  def boot(folder, c_gem: false)
    Application.new(folder, "bootsnap", c_gem: c_gem).run("bootsnap")
  end

  # What bootsnap did, beside its answers.
  def missed(report)
    report[:events].map { |event, name| name if event == :miss }.uniq.sort
  end

  def expect_answers(report)
    expect(report.slice(*answers.keys)).to eq(answers)
  end

  let(:answers) do
    yaml, types, json = kept.values
    {
      yaml: { big: [{ "big" => 2**70 }] * 2, object: [["Psych::DisallowedClass"], %w[Server example]],
              plain: [yaml] * 2, types: [["Psych::DisallowedClass"], types] },
      json: { data: json }, frozen: [yaml, true], json_frozen: [json, true],
      symbolized: JSON.parse(yaml.to_json, symbolize_names: true),
      features: Array.new(60) { |i| [true, "lib#{i % 30}/feature_#{i}.rb", i] },
      options: [%i[symbolize_names freeze], %i[freeze]]
    }
  end

  before do
    need Application.possible?("bootsnap"), "bootsnap, bundler and the C gem (bin/setup --real-world)"
  end

  it "fills its caches at the first boot and reads them at the second, on this gem alone" do
    in_folder do |folder|
      first = boot(folder)
      expect(first[:loaded]).to be_this_gem_alone
      expect_answers(first)
      expect(missed(first)).to match_array([*kept.keys, *refused.keys])
      expect(first[:scans]).to include(*Dir[File.join(folder, "lib*")])

      second = boot(folder)
      expect(second[:loaded]).to be_this_gem_alone
      expect_answers(second)
      expect(missed(second)).to match_array(refused.keys)
      expect(second[:scans]).to eq([])
    end
  end

  it "reads the caches that it filled on the C gem, and the other way about" do
    [true, false].each do |c_gem|
      in_folder do |folder|
        expect_answers(boot(folder, c_gem: c_gem))
        other = boot(folder, c_gem: !c_gem)
        expect_answers(other)
        expect(missed(other)).to match_array(refused.keys)
        expect(other[:scans].grep(/#{folder}/)).to eq([])
      end
    end
  end

  it "compiles files ahead, in processes that it forks" do
    in_folder do |folder|
      report = Application.new(folder, "bootsnap").run("bootsnap_precompile", "config")
      expect(report).to include(status: 0, loaded: be_this_gem_alone)
      expect(missed(boot(folder))).to match_array(refused.keys)
    end
  end

  it "starts anew when its cache of $LOAD_PATH is damaged" do
    in_folder do |folder|
      boot(folder)
      cache = File.join(folder, "cache/bootsnap/load-path-cache")
      whole = File.binread(cache)
      damages = { empty: "", cut: whole[0...-1], no_byte: "\xC1".b, extended: "\xD4\x05a".b,
                  other: "\x93\x01\x02\x03".b, length: "\xDD\xFF\xFF\xFF\xFF".b, text: "no cache" }
      damages.each do |damage, bytes|
        File.binwrite(cache, bytes)
        report = boot(folder)
        expect_answers(report)
        expect(report[:scans].size).to be > 30, "#{damage}: #{report[:scans].size} folders looked into"
        expect(File.binread(cache).bytesize).to be_within(whole.bytesize / 2).of(whole.bytesize)
      end
    end
  end
end
