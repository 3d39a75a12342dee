#include "pictures/raster.h"

#include <algorithm>

#include "pictures/contact_sheet.h"

namespace cohort::pictures {

void Raster::paste(const Raster& other, int x, int y) {
    for (int row = std::max(0, -y); row < other.height_ && y + row < height_; ++row)
        for (int column = std::max(0, -x); column < other.width_ && x + column < width_; ++column)
            at(x + column, y + row) = other.at(column, row);
}

Raster contact_sheet(std::span<const Raster> pictures, int columns, int gap) {
    if (pictures.empty()) return {};
    int cell_width = 0, cell_height = 0;
    for (const Raster& picture : pictures) {
        cell_width = std::max(cell_width, picture.width());
        cell_height = std::max(cell_height, picture.height());
    }
    const int count = static_cast<int>(pictures.size());
    const int across = std::min(columns, count), down = (count + columns - 1) / columns;
    Raster sheet(across * (cell_width + gap) - gap, down * (cell_height + gap) - gap);
    for (int i = 0; i < count; ++i)
        sheet.paste(pictures[static_cast<std::size_t>(i)], i % columns * (cell_width + gap),
                    i / columns * (cell_height + gap));
    return sheet;
}

}  // namespace cohort::pictures
