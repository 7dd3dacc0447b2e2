# frozen_string_literal: true

# Every link of every page that leads to another file of this repository, or to a section of one.
RSpec.describe "links" do
  root = File.expand_path("../..", __dir__)
  # Not what was built, installed or downloaded.
  pages = Dir[File.join(root, "**/*.md"), File.join(root, ".github/**/*.md")].uniq.reject do |path|
    path.delete_prefix("#{root}/").match?(%r{\A(?:tmp|target|vendor|pkg|fuzz/target|coverage|doc)/})
  end

  # Without code, where brackets are no links.
  def prose(page)
    page.gsub(/^```.*?^```$/m, "").gsub(/`[^`\n]*`/, "code")
  end

  # The names that headings can be linked by, as GitHub and YARD make them.
  def anchors(page)
    seen = Hash.new(-1)
    page.gsub(/^```.*?^```$/m, "").scan(/^\#{1,6} +(.+?)\s*$/).flatten.map do |heading|
      name = heading.downcase.gsub(/[^\p{Word} -]/, "").tr(" ", "-")
      count = seen[name] += 1
      count.zero? ? name : "#{name}-#{count}"
    end
  end

  it "are looked at on all pages" do
    names = pages.map { |path| path.delete_prefix("#{root}/") }
    expect(names).to include("README.md", "CHANGELOG.md", "docs/README.md", "docs/tutorial.md")
  end

  pages.each do |path|
    it "of #{path.delete_prefix("#{root}/")} lead to files and sections that exist" do
      page = File.read(path, encoding: "UTF-8")
      links = prose(page).scan(/\]\(([^)\s]+)(?: "[^"]*")?\)/).flatten.grep_v(/\A(?:https?|mailto):/)
      broken = links.reject do |link|
        file, section = link.split("#", 2)
        target = file.empty? ? path : File.expand_path(file, File.dirname(path))
        File.exist?(target) && (section.nil? || anchors(File.read(target, encoding: "UTF-8")).include?(section))
      end
      expect(broken).to eq([])
    end
  end

  it "of docs/README.md lead to every page of that folder" do
    listed = File.read(File.join(root, "docs/README.md")).scan(/\]\((\w[\w-]*\.md)\)/).flatten
    expect(listed).to match_array(Dir.children(File.join(root, "docs")).grep(/\.md\z/) - ["README.md"])
  end
end
